"""Runs a job that may kill its worker process alone in that process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

SUSPICIOUS = 2
"""Lost leases from which a job is a suspect. One lost lease proves nothing: every crash or restart of a machine costs
its innocent jobs one."""


def is_suspect(lost_leases: int) -> bool:
    """Whether a job that lost this many leases may be what kills its workers."""
    return lost_leases >= SUSPICIOUS


class Quarantine:
    """Lets the jobs of a process run side by side but a suspect alone, so that its crash costs no other job a lease."""

    def __init__(self) -> None:
        self._entrance = threading.Lock()
        self._running = 0
        self._changed = threading.Condition()

    @contextmanager
    def admitted(self, *, alone: bool) -> Iterator[None]:
        """Wait until the job may run, and count it as running for the duration of the block.

        A job that runs alone waits for the running jobs to end. Meanwhile no other job is admitted, so its turn comes.
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
