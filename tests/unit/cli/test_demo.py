import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from imagejobs.cli.demo import Show
from imagejobs.embedded.up_file import UpState
from imagejobs.settings.settings import Settings

Run = Callable[..., Any]
STATE = UpState("http://127.0.0.1:1", "redis://x", "mongodb://x/y", None, None, {})


class Up:
    """In the place of `run_up`: starts nothing, is ready at once, and waits for the show to end."""

    def __init__(self) -> None:
        self.settings: list[Settings] = []

    def __call__(self, settings: Settings, *, on_ready: Callable[[UpState], None], **_: object) -> None:
        self.settings.append(settings)
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


@pytest.mark.parametrize(("succeeded", "code"), [(True, 0), (False, 1)])
def test_the_exit_code_says_whether_every_picture_was_converted(
    run: Run, up: Up, pictures: list[str], monkeypatch: pytest.MonkeyPatch, succeeded: bool, code: int
) -> None:
    shown: list[Any] = []

    def end(show: Show, state: UpState) -> None:
        shown.append((threading.current_thread().name, [str(each) for each in show._images], show._stay, state))
        show.succeeded = succeeded

    monkeypatch.setattr(Show, "_run", end)
    assert run("demo", *pictures).exit_code == code
    assert [each.storage for each in up.settings] == ["filesystem"]
    assert shown == [("demo", pictures, False, STATE)], "once, in its own thread, and not staying without a terminal"


def test_a_picture_that_is_not_there_starts_nothing(run: Run, up: Up) -> None:
    result = run("demo", "none.png")
    assert result.exit_code == 2
    assert "none.png" in result.stderr
    assert up.settings == []
