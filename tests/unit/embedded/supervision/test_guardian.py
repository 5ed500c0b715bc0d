"""A guardian whose process hangs. The tests in tests/functional use real processes."""

import os
import subprocess
from typing import Any

import pytest
from imagejobs.embedded.supervision.guardian import Guardian


class HangingProcess:
    """Stands in for the guardian's process, and ends by `kill` only."""

    pid = 999_999_999

    def __init__(self, _arguments: list[str], *, stdin: int, **_: Any) -> None:
        self.is_killed = False
        self.was_waited_for = False
        self.pipe = os.dup(stdin)

    def kill(self) -> None:
        self.is_killed = True

    def wait(self, timeout: float | None = None) -> int:
        if not self.is_killed:
            assert timeout is not None, "it would wait for ever"
            raise subprocess.TimeoutExpired("guardian", timeout)
        self.was_waited_for = True
        return -9


def test_a_guardian_that_does_not_end_with_its_pipe_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", HangingProcess)
    with Guardian() as guardian:
        guardian.watch(7)
        guardian.watch(8)
        guardian.forget(7)
        hanging = guardian._process
    assert isinstance(hanging, HangingProcess)
    assert (hanging.is_killed, hanging.was_waited_for) == (True, True)
    with os.fdopen(hanging.pipe) as lines:
        assert lines.read() == "+7\n+8\n-7\n"
