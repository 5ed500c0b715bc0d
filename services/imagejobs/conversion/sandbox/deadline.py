"""The time limit of one request to a child process."""

import threading
from typing import Self

from imagejobs.conversion.sandbox.child_process import Child

_FAIR_SHARE = 0.5
"""A child that got less than this share of the time as processor time was not slow: the machine was busy."""


class Deadline:
    """Kills the child when the `with` block takes longer than `seconds`. The child's pipes then end, so the block ends.

    `is_over` is true if the child was killed, `was_starved` if it had got little processor time until then.
    """

    def __init__(self, child: Child, seconds: float) -> None:
        self.is_over = self.was_starved = self.is_running = False
        self._child = child
        self._seconds = seconds
        self._cpu_before = child.cpu_seconds()
        self._timer = threading.Timer(seconds, self._expire)

    def __enter__(self) -> Self:
        self._timer.start()
        self.is_running = True
        return self

    def __exit__(self, *_: object) -> None:
        self.is_running = False
        self._timer.cancel()
        self._timer.join()

    def _expire(self) -> None:
        cpu, before = self._child.cpu_seconds(), self._cpu_before
        self.was_starved = cpu is not None and before is not None and cpu - before < self._seconds * _FAIR_SHARE
        self.is_over = True
        self._child.process.kill()
