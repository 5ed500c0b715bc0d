"""A job that may be what kills worker processes has one to itself."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

SUSPICIOUS = 2
"""Workers that died under a job. One is what every crash and rolling restart of the machine does to innocents;
of two that died, the job in question may well be the reason."""


def is_suspect(lost_leases: int) -> bool:
    """Whether a job that lost so many leases may be what kills its workers."""
    return lost_leases >= SUSPICIOUS


class Quarantine:
    """The jobs of a process run side by side, a suspect alone: its death takes nobody's attempt with it but its own."""

    def __init__(self) -> None:
        self._entrance = threading.Lock()
        self._running = 0
        self._changed = threading.Condition()

    @contextmanager
    def admitted(self, *, alone: bool) -> Iterator[None]:
        """Wait until the job may run, and count it in for the length of the block.

        One that runs alone waits for those that are running, and keeps the entrance shut meanwhile, so that its turn
        comes.
        """
        if alone:
            with self._entrance:
                with self._changed:
                    self._changed.wait_for(lambda: self._running == 0)
                yield
            return
        with self._entrance:
            self._count(1)
        try:
            yield
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        with self._changed:
            self._running += change
            self._changed.notify_all()
