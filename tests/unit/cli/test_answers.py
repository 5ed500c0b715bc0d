"""The one shape of `--json`, and the exit codes."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from imagejobs.cli.presentation.answer import Answer, Failure, show
from imagejobs.client.answers import Answer as ApiAnswer
from imagejobs.client.api_client import ApiClient
from imagejobs.client.errors import ApiRefused, ApiUnavailable, UnexpectedAnswer
from worlds.command_line import data, failure

Run = Callable[..., Any]
ID = "655501d2f12a3d0f3c5a1002"
COMMANDS = {
    "convert": ["nothing.png", "out.webp"],
    "doctor": [],
    "sweep": [],
    "audit": [],
    "submit": ["nothing.png"],
    "status": [ID],
    "list": [],
    "retry": [ID],
    "delete": [ID],
    "stats": [],
    "indexes": [],
}
"""Each command that prints an answer, with arguments."""


@pytest.fixture
def api_fails(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception], None]:
    def arrange(error: Exception) -> None:
        def call(*_: object, **__: Any) -> ApiAnswer:
            raise error

        monkeypatch.setattr(ApiClient, "call", call)

    return arrange


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_that_prints_has_it(run: Run, command: str) -> None:
    assert "--json" in run(command, "--help").stdout


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("wrong", ["an option", "a setting"])
def test_every_error_is_one_document(run: Run, monkeypatch: pytest.MonkeyPatch, command: str, wrong: str) -> None:
    for name in ("API_PORT", "MAX_SIDE", "MAX_ATTEMPTS"):
        monkeypatch.setenv(name, "wrong")
    result = run(command, "--json", *COMMANDS[command], *(["--nonsense"] if wrong == "an option" else []))
    document = json.loads(result.stdout)
    assert document.keys() <= {"success", "message", "error", "data"}
    assert document["success"] is False
    assert document["message"]
    assert document["error"]["code"]
    assert result.exit_code == (2 if document["error"]["code"] == "usage" else 1)
    if wrong == "an option":
        assert document["error"]["code"] == "usage"
        assert "--nonsense" in document["message"]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ApiRefused(404, "not_found", "There is no such job."), {"code": "not_found", "status": 404}),
        (ApiRefused(403, "", "GET / answered 403"), {"code": "unexpected_answer"}),
        (ApiUnavailable("gone"), {"code": "unavailable", "service": "API"}),
        (UnexpectedAnswer("a proxy's page"), {"code": "unexpected_answer"}),
    ],
    ids=lambda each: type(each).__name__,
)
@pytest.mark.parametrize("command", ["status", "list", "stats", "retry", "delete"])
def test_what_the_api_comes_to_is_one_document(
    run: Run, api_fails: Callable[[Exception], None], command: str, error: Exception, expected: dict[str, Any]
) -> None:
    api_fails(error)
    result = run(command, "--json", *COMMANDS[command])
    assert (failure(result)["error"], result.exit_code) == (expected, 1)


def test_a_command_that_succeeds_has_its_data(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = {"queueLength": 0, "byStatus": {}, "duration": {"count": 0}}
    monkeypatch.setattr(ApiClient, "call", lambda *_, **__: ApiAnswer(figures))
    assert data(run("stats", "--json")) == figures


def test_a_name_like_the_option_is_not_the_option(run: Run) -> None:
    result = run("convert", "--", "--json", "out.webp")
    assert (result.exit_code, result.stdout) == (2, "")


def test_what_was_done_before_a_failure_is_shown_with_it(capsys: pytest.CaptureFixture[str]) -> None:
    answer = Answer([1], "one line", Failure("incomplete", "1 of 2\nfailed", {"retryable": True}))
    show(answer, as_json=True)
    assert json.loads(capsys.readouterr().out) == {
        "success": False,
        "message": "1 of 2\nfailed",
        "error": {"code": "incomplete", "retryable": True},
        "data": [1],
    }
    show(answer, as_json=False)
    assert capsys.readouterr() == ("one line\n", "imagejobs: 1 of 2\nimagejobs: failed\n")


def test_an_interrupt_is_a_document_too(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: Any) -> ApiAnswer:
        raise KeyboardInterrupt

    monkeypatch.setattr(ApiClient, "call", interrupted)
    result = run("list", "--json")
    assert (failure(result)["error"]["code"], result.exit_code) == ("interrupted", 130)
    assert (run("list").stderr, run("list").exit_code) == ("imagejobs: The command was interrupted.\n", 130)
