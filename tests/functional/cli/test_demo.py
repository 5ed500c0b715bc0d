import io
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from imagejobs.cli.demo import Show
from imagejobs.cli.presentation.answer import Failure
from imagejobs.cli.submission.event import create_event
from imagejobs.client.api_client import ApiClient
from imagejobs.client.errors import ApiUnavailable, UnexpectedAnswer
from imagejobs.embedded.up_file import UpState
from rich.console import Console
from worlds.api_requests import OUTPUT, OUTPUT_URL
from worlds.memory_api import CLIENT_TOKENS, WORKER_TOKENS, MemoryApi


def state_of(address: str) -> UpState:
    return UpState(address, "redis://x", "mongodb://x/y", CLIENT_TOKENS[0], WORKER_TOKENS[0], {})


def test_the_demo_event_is_the_guides_with_every_image(api: MemoryApi, address: str, photo: Path) -> None:
    event = create_event(ApiClient(address, token=CLIENT_TOKENS[0]), [photo, photo])
    assert (event["date"], event["tutor"]) == ("2024-01-01T00:00:00.000Z", {"type": "Internal", "name": "John Doe"})
    assert event["imageJobIds"] == [job.id for job in api.all_jobs()]


@pytest.fixture
def signals(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The signals that the demo would send to its own process."""
    sent: list[int] = []
    monkeypatch.setattr(signal, "raise_signal", sent.append)
    return sent


def test_without_a_terminal_it_shows_the_event_and_stops_everything(
    worker: Callable[..., Any], address: str, photo: Path, signals: list[int]
) -> None:
    out = io.StringIO()
    show = Show([photo], Console(file=out, width=200), stay=False)
    with worker(status="COMPLETED", **OUTPUT):
        show._run(state_of(address))
    assert show.answer.failure is None
    assert signals == [signal.SIGTERM]
    assert "Demo Event" in out.getvalue()
    assert OUTPUT_URL in out.getvalue()


def test_on_a_terminal_the_system_runs_on_and_the_next_steps_are_printed(
    worker: Callable[..., Any], address: str, photo: Path, signals: list[int]
) -> None:
    out = io.StringIO()
    show = Show([photo], Console(file=out, width=200), stay=True)
    with worker(status="COMPLETED", **OUTPUT):
        show._run(state_of(address))
    assert signals == []
    assert f"{address}/docs" in out.getvalue()


def test_a_picture_that_was_not_converted_is_a_failure(
    worker: Callable[..., Any], address: str, photo: Path, signals: list[int]
) -> None:
    show = Show([photo], Console(file=io.StringIO(), width=200), stay=False)
    with worker(status="FAILED", errorMsg="no"):
        show._run(state_of(address))
    assert show.answer.failure == Failure("incomplete", "1 of 1 images were not converted.")
    assert signals == [signal.SIGTERM]


def test_as_json_the_answer_has_the_event_and_the_jobs_and_nothing_is_printed(
    worker: Callable[..., Any], address: str, photo: Path, signals: list[int]
) -> None:
    out = io.StringIO()
    show = Show([photo], Console(file=out, width=200), as_json=True)
    with worker(status="COMPLETED", **OUTPUT):
        show._run(state_of(address))
    data = show.answer.data
    assert data.keys() == {"event", "results"}
    assert data["event"]["images"][0]["url"] == OUTPUT_URL
    assert [(each["file"], each["job"]["status"]) for each in data["results"]] == [(str(photo), "COMPLETED")]
    assert out.getvalue() == ""
    assert signals == [signal.SIGTERM]


@pytest.mark.parametrize("stay", [False, True])
@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (UnexpectedAnswer("the answer breaks the contract"), ("unexpected_answer", "the answer breaks the contract")),
        (ApiUnavailable("gone"), ("unavailable", "API is unavailable: gone")),
        (PermissionError(13, "Permission denied"), ("unreadable", "The demo failed: [Errno 13] Permission denied")),
        (KeyError("imageJobIds"), ("failed", "The demo failed: KeyError('imageJobIds')")),
        (SystemExit(3), ("interrupted", "")),
    ],
    ids=lambda each: type(each).__name__,
)
def test_whatever_ends_it_nothing_is_left_running(
    photo: Path,
    signals: list[int],
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    failure: tuple[str, str],
    stay: bool,
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("imagejobs.cli.demo.create_event", fail)
    show = Show([photo], Console(file=io.StringIO(), width=200), stay=stay)
    with suppress(SystemExit):
        show._run(state_of("http://127.0.0.1:1"))
    assert signals == [signal.SIGTERM]
    assert show.answer.failure is not None
    assert show.answer.failure.code == failure[0]
    assert failure[1] in show.answer.failure.message


def test_a_refused_picture_is_reported_and_ends_the_demo(
    api: MemoryApi, address: str, tmp_path: Path, signals: list[int]
) -> None:
    (tmp_path / "notes.txt").write_text("no image")
    show = Show([tmp_path / "notes.txt"], Console(file=io.StringIO(), width=200), stay=True)
    show._run(state_of(address))
    assert show.answer.failure is not None
    assert show.answer.failure.code == "unsupported_type"
    assert "'notes.txt' is not an accepted image" in show.answer.failure.message
    assert signals == [signal.SIGTERM]
    api.assert_untouched()
