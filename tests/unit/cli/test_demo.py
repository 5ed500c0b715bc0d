import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from imagejobs.cli.demo import Show
from imagejobs.cli.presentation.answer import Answer, Failure
from imagejobs.embedded.up_file import UpState
from imagejobs.errors import ConfigurationError
from imagejobs.settings.settings import Settings
from rich.console import Console
from worlds.command_line import data, failure

Run = Callable[..., Any]
STATE = UpState("http://127.0.0.1:1", "redis://x", "mongodb://x/y", None, None, {})


class Up:
    """Stands in for `run_up`: starts nothing, is ready at once, and waits until the show has ended."""

    def __init__(self) -> None:
        self.settings: list[Settings] = []
        self.consoles: list[Console] = []

    def __call__(self, settings: Settings, *, on_ready: Callable[[UpState], None], console: Console, **_: Any) -> None:
        self.settings.append(settings)
        self.consoles.append(console)
        on_ready(STATE)
        for thread in threading.enumerate():
            if thread.name == "demo":
                thread.join(5)


@pytest.fixture
def up(monkeypatch: pytest.MonkeyPatch) -> Up:
    stand_in = Up()
    monkeypatch.setattr("imagejobs.embedded.up.run_up", stand_in)
    return stand_in


@pytest.fixture
def pictures(tmp_path: Path) -> list[str]:
    paths = [tmp_path / name for name in ("one.png", "two.png")]
    for path in paths:
        path.touch()
    return [str(path) for path in paths]


DONE = Answer({"event": {}, "results": []})
UNDONE = Answer(DONE.data, failure=Failure("incomplete", "1 of 2 images were not converted."))


@pytest.fixture
def end_with(monkeypatch: pytest.MonkeyPatch) -> Callable[[Answer], list[Any]]:
    """A function that makes the show end at once with this answer. It returns the state in which each show ran."""

    def ends(answer: Answer) -> list[Any]:
        shown: list[Any] = []

        def end(show: Show, state: UpState) -> None:
            shown.append((threading.current_thread().name, [str(each) for each in show._images], show._stay, state))
            show.answer = answer

        monkeypatch.setattr(Show, "_run", end)
        return shown

    return ends


@pytest.mark.parametrize(("answer", "code"), [(DONE, 0), (UNDONE, 1)])
def test_the_exit_code_says_whether_every_picture_was_converted(
    run: Run, up: Up, pictures: list[str], end_with: Callable[[Answer], list[Any]], answer: Answer, code: int
) -> None:
    shown = end_with(answer)
    result = run("demo", *pictures)
    assert (result.exit_code, result.stdout) == (code, "")
    assert ("1 of 2 images" in result.stderr) == bool(code)
    assert [each.storage for each in up.settings] == ["filesystem"]
    assert shown == [("demo", pictures, False, STATE)], "once, in its own thread, and not staying without a terminal"


def test_json_is_one_document_of_the_common_shape(
    run: Run, up: Up, pictures: list[str], end_with: Callable[[Answer], list[Any]]
) -> None:
    end_with(DONE)
    assert data(run("demo", "--json", *pictures)) == DONE.data
    end_with(UNDONE)
    document = failure(run("demo", "--json", *pictures))
    assert (document["error"]["code"], document["data"]) == ("incomplete", DONE.data)
    assert up.consoles[-1].stderr, "progress is not part of the document"


def test_json_after_a_start_that_fails_is_a_document_too(
    run: Run, pictures: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: Any) -> None:
        raise ConfigurationError("redis-server is missing")

    monkeypatch.setattr("imagejobs.embedded.up.run_up", fails)
    document = failure(run("demo", "--json", *pictures))
    assert (document["error"]["code"], document["message"]) == ("configuration", "redis-server is missing")


def test_json_of_a_run_that_is_stopped_before_its_end_is_a_document_too(
    run: Run, pictures: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imagejobs.embedded.up.run_up", lambda *_, **__: None)
    result = run("demo", "--json", *pictures)
    assert (failure(result)["error"]["code"], result.exit_code) == ("interrupted", 130)


def test_a_picture_that_is_not_there_starts_nothing(run: Run, up: Up) -> None:
    result = run("demo", "none.png")
    assert result.exit_code == 2
    assert "none.png" in result.stderr
    assert up.settings == []
