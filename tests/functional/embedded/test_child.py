import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from imagejobs.embedded.supervision import child as child_module
from imagejobs.embedded.supervision.child import Child
from imagejobs.embedded.supervision.child_spec import ChildSpec

FORKS = "import os, signal; os.fork(); signal.pause()"


def test_what_a_dead_child_leaves_of_its_group_is_killed(
    python_child: Callable[..., ChildSpec], left: Callable[[], list[int]], until: Callable[..., None]
) -> None:
    child = Child(python_child("forks", FORKS))
    child.start(None)
    until(lambda: len(left()) == 2)
    os.kill(child.pid, signal.SIGKILL)
    until(lambda: child.ended() == -signal.SIGKILL)
    until(lambda: not left())


def test_output_of_every_start_is_appended_to_the_log(
    python_child: Callable[..., ChildSpec], until: Callable[..., None]
) -> None:
    child = Child(python_child("speaks", "import sys; print('out'); sys.stderr.write('err\\n')"))
    for _ in range(2):
        child.start(None)
        until(lambda: child.ended() == 0)
    assert sorted(child.spec.log_file.read_text().split()) == ["err", "err", "out", "out"]


def test_a_large_log_is_set_aside(
    python_child: Callable[..., ChildSpec],
    until: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(child_module, "LOG_BYTES", 3)
    child = Child(python_child("speaks", "print('new')"))
    child.spec.log_file.write_text("earlier")
    child.start(None)
    until(lambda: child.ended() == 0)
    assert (tmp_path / "speaks.log.1").read_text() == "earlier"
    assert child.spec.log_file.read_text() == "new\n"


def test_deaths_in_a_row_are_counted(python_child: Callable[..., ChildSpec], until: Callable[..., None]) -> None:
    child = Child(python_child("fails", "raise SystemExit(3)"))
    for deaths in (1, 2):
        child.start(None)
        until(lambda: child.ended() == 3)
        assert child.failures == deaths
