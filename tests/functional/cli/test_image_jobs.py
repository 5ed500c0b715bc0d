import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from imagejobs.jobs.model import JobStatus
from servers.api_server import has_ipv6, served
from worlds.api_requests import OUTPUT, UNKNOWN_ID
from worlds.command_line import data
from worlds.memory_api import MemoryApi, memory_api

Run = Callable[..., Any]


@pytest.fixture
def job_id(run: Run, api: MemoryApi, photo: Path) -> str:
    """A PENDING job."""
    assert run("submit", str(photo)).exit_code == 0
    return api.all_jobs()[-1].id


@pytest.fixture
def failed_id(job_id: str, api: MemoryApi) -> str:
    """A FAILED job."""
    change: dict[str, Any] = {"status": JobStatus.FAILED, "error_msg": "The PNG is damaged.", "error_code": "corrupt"}
    api.jobs._jobs[job_id] = replace(api.jobs._jobs[job_id], processed_at=api.jobs.now(), **change)
    return job_id


def test_status_shows_every_field_of_a_job(run: Run, failed_id: str) -> None:
    result = run("status", failed_id)
    assert result.exit_code == 0
    for text in (failed_id, "FAILED", "The PNG is damaged.", "corrupt", "photo.png", "image/png"):
        assert text in result.stdout


def test_status_as_json_is_the_apis_job(run: Run, job_id: str) -> None:
    job = data(run("status", "--json", job_id))
    assert (job["_id"], job["status"]) == (job_id, "PENDING")


def test_list_shows_the_jobs_that_were_asked_for(run: Run, failed_id: str, photo: Path) -> None:
    run("submit", "--entity-id", "another", str(photo))
    for arguments in (
        ["--status", "failed"],
        ["--entity-id", "command-line"],
        ["--entity-type", "other", "--status", "FAILED"],
    ):
        result = run("list", *arguments)
        assert failed_id in result.stdout
        assert "another" not in result.stdout
    assert "The PNG is damaged. [corrupt]" in run("list").stdout


def test_list_goes_on_at_its_cursor(run: Run, photo: Path, api: MemoryApi) -> None:
    run("submit", str(photo), str(photo), str(photo))
    newest_first = [job.id for job in reversed(api.all_jobs())]
    first = json.loads(run("list", "--json", "--limit", "2").stdout)
    assert [job["_id"] for job in first["data"]] == newest_first[:2]
    assert f"--cursor {first['cursor']}" in run("list", "--limit", "2").stdout
    rest = json.loads(run("list", "--json", "--cursor", first["cursor"]).stdout)
    assert ([job["_id"] for job in rest["data"]], rest.keys()) == (newest_first[2:], {"success", "data"})


def test_retry_puts_a_failed_job_back(run: Run, failed_id: str, api: MemoryApi) -> None:
    assert "PENDING" in run("retry", failed_id).stdout
    assert len(api.queue.messages) == 2


def test_retry_as_json_is_the_apis_job(run: Run, failed_id: str) -> None:
    (change,) = data(run("retry", "--json", failed_id))
    assert (change["id"], change["job"]["status"]) == (failed_id, "PENDING")


def test_delete_removes_the_job_and_its_image(run: Run, job_id: str, api: MemoryApi) -> None:
    assert run("delete", job_id).stdout == f"deleted image job {job_id} and its images\n"
    assert (api.all_jobs(), api.all_keys()) == ([], [])


def test_delete_as_json_is_the_apis_answer(run: Run, job_id: str) -> None:
    assert data(run("delete", "--json", job_id)) == [{"id": job_id, "job": {"_id": job_id}}]


def test_stats_shows_the_figures(run: Run, failed_id: str, api: MemoryApi) -> None:
    assert api.jobs.get(failed_id)
    text = run("stats").stdout
    assert "messages on the queue" in text
    assert "FAILED" in text
    figures = data(run("stats", "--json"))
    assert (figures["queueLength"], figures["byStatus"]["FAILED"], figures["duration"]) == (1, 1, {"count": 0})


def test_stats_shows_how_long_jobs_took(run: Run, worker: Callable[..., Any], photo: Path) -> None:
    with worker(status="COMPLETED", **OUTPUT):
        run("submit", "--wait", "--timeout", "20", str(photo))
    text = run("stats").stdout
    assert "upload to result, p50" in text
    assert "upload to result, p95" in text


@pytest.mark.parametrize("command", ["status", "retry", "delete"])
@pytest.mark.usefixtures("api")
def test_an_unknown_job_is_one_sentence_on_standard_error(run: Run, command: str) -> None:
    result = run(command, UNKNOWN_ID)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"imagejobs: Image job {UNKNOWN_ID} not found. [not_found]\n"


def test_a_refused_change_is_one_sentence_on_standard_error(run: Run, job_id: str) -> None:
    result = run("retry", job_id)
    assert result.exit_code == 1
    expected = f"imagejobs: Image job {job_id} is PENDING and cannot become PENDING. [illegal_transition]\n"
    assert result.stderr == expected


@pytest.mark.parametrize(
    "arguments", [["status", "nonsense"], ["list", "--status", "done"], ["list", "--entity-type", "planet"]]
)
@pytest.mark.usefixtures("api")
def test_a_request_that_the_api_refuses_is_reported(run: Run, arguments: list[str]) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("imagejobs: The request is not valid: ")
    assert result.stderr.count("\n") == 1


def test_a_wrong_token_is_reported(run: Run, job_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_TOKENS", "stranger")
    monkeypatch.delenv("WORKER_TOKENS")
    result = run("status", job_id)
    assert result.exit_code == 1
    expected = "imagejobs: The token is not known: send Authorization: Bearer with one of API_TOKENS"
    assert result.stderr.startswith(expected)
    assert result.stderr.count("\n") == 1


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_an_api_that_listens_on_all_addresses_of_ipv6_is_reached(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with served(memory_api().app, "::") as address:
        monkeypatch.setenv("API_HOST", "::")
        monkeypatch.setenv("API_PORT", address.rpartition(":")[2])
        result = run("list", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
