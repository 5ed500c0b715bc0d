"""Invalid arguments and closed streams: a message, exit code 2, and nothing is changed."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from worlds.api_requests import image_bytes
from worlds.command_line import failure
from worlds.job_world import new_record
from worlds.memory_api import MemoryApi

Run = Callable[..., Any]
NOT_TEXT = "a\udcff"


@pytest.mark.parametrize(
    "words",
    [
        ("status", NOT_TEXT),
        ("retry", NOT_TEXT),
        ("list", "--status", NOT_TEXT),
        ("list", "--entity-type", NOT_TEXT),
        ("list", "--entity-id", NOT_TEXT),
        ("list", "--cursor", NOT_TEXT),
    ],
    ids=" ".join,
)
def test_bytes_that_are_not_utf8_are_a_mistake_of_the_command_line(run: Run, api: MemoryApi, words: list[str]) -> None:
    assert api.all_jobs() == []
    result = run(*words, "--json")
    assert (result.exit_code, failure(result)["error"]) == (2, {"code": "usage"})
    assert "not UTF-8" in failure(result)["message"]


@pytest.mark.parametrize("option", ["--entity-type", "--entity-id"])
def test_an_entity_that_is_not_text_is_not_sent(run: Run, api: MemoryApi, photo: Path, option: str) -> None:
    result = run("submit", option, NOT_TEXT, str(photo), "--json")
    assert (result.exit_code, failure(result)["error"]) == (2, {"code": "usage"})
    assert api.all_jobs() == []


def test_one_id_of_many_that_is_not_text_is_found_before_any_job_is_deleted(run: Run, api: MemoryApi) -> None:
    job_id = new_record(api.jobs).id
    result = run("delete", job_id, NOT_TEXT)
    assert result.exit_code == 2
    assert [job.id for job in api.all_jobs()] == [job_id]


@pytest.mark.parametrize(
    ("words", "closing", "message"),
    [
        ("delete -", "<&-", "standard input is closed"),
        ("convert - out.webp", "<&-", "standard input is closed"),
        ("convert photo.png -", ">&-", "standard output is closed"),
    ],
)
def test_a_closed_stream_is_reported(photo: Path, words: str, closing: str, message: str) -> None:
    line = f'"$0" -m imagejobs {words} {closing}'
    command = ["/bin/sh", "-c", line, sys.executable]
    ended = subprocess.run(command, cwd=photo.parent, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, "Traceback" in ended.stderr) == (2, False)
    assert message in ended.stderr


def test_a_pipe_is_refused_and_not_waited_for(run: Run, api: MemoryApi, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.png"
    os.mkfifo(pipe)
    writer = os.open(pipe, os.O_RDWR)  # so that a command that opens it ends, and the test with it
    os.write(writer, image_bytes())
    try:
        result = run("submit", str(pipe), "--json")
    finally:
        os.close(writer)
    assert result.exit_code == 1
    (submitted,) = failure(result)["data"]
    assert submitted["error"]["message"] == "cannot be read: it is not a regular file"
    assert api.all_jobs() == []
