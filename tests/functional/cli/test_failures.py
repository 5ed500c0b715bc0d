from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from imagejobs.embedded.services.ports import free_port
from servers.api_server import served
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from worlds.api_requests import UNKNOWN_ID
from worlds.command_line import failure
from worlds.memory_api import MemoryApi

Run = Callable[..., Any]


@pytest.fixture
def no_api(monkeypatch: pytest.MonkeyPatch) -> str:
    """An API_URL with a port on which no program listens. The client tries again without a pause."""
    address = f"http://127.0.0.1:{free_port()}"
    monkeypatch.setenv("API_URL", address)
    monkeypatch.setattr("imagejobs.client.tries._backoff", lambda _state: 0.0)
    return address


@pytest.mark.parametrize(
    "arguments", [["status", UNKNOWN_ID], ["list"], ["retry", UNKNOWN_ID], ["delete", UNKNOWN_ID], ["stats"]]
)
def test_an_unavailable_api_is_one_sentence_and_no_traceback(run: Run, no_api: str, arguments: list[str]) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"imagejobs: API is unavailable: {no_api}: ")
    assert result.stderr.endswith("; start it with `imagejobs up`, or set API_URL to its address\n")
    assert result.stderr.count("\n") == 1
    assert isinstance(result.exception, SystemExit)


@pytest.mark.parametrize("command", ["list", "stats", "submit"])
def test_as_json_it_is_a_document_with_what_to_do(run: Run, no_api: str, photo: Path, command: str) -> None:
    document = failure(run(command, "--json", *([str(photo)] if command == "submit" else [])))
    error, message = document["error"], document["message"]
    if command == "submit":
        error = document["data"][0]["error"]
        message = error["message"]
    assert error["code"] == "unavailable"
    assert no_api in message
    assert "`imagejobs up`" in message


def test_submit_names_the_file_and_what_to_do(run: Run, no_api: str, photo: Path) -> None:
    result = run("submit", str(photo))
    assert result.exit_code == 1
    assert f"{photo}: API is unavailable: {no_api}" in result.stderr
    assert "start it with `imagejobs up`, or set API_URL" in result.stderr
    assert "(it was not accepted)" in result.stderr
    assert "Traceback" not in result.stderr


def test_an_unavailable_service_behind_the_api_is_named(
    run: Run, api: MemoryApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imagejobs.client.tries.MAX_RETRY_AFTER", 0.0)
    api.cut("mongodb")
    result = run("list")
    assert (result.exit_code, result.stderr) == (
        1,
        "imagejobs: API is unavailable: MongoDB is unavailable; try again later.\n",
    )


def test_an_answer_that_breaks_the_contract_is_reported(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Starlette(routes=[Route("/api/image-jobs/stats", lambda _request: JSONResponse({"status": "up"}))])
    with served(other) as address:
        monkeypatch.setenv("API_URL", address)
        result = run("stats")
    assert result.exit_code == 1
    assert result.stderr.startswith("imagejobs: getImageJobStats: the API's answer breaks the contract at success")
