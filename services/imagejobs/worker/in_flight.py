"""What this process holds at the moment."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from imagejobs.worker.jobs_api import Claim


class InFlight:
    """The claims that are being worked on, in all threads. Once it `has_ended` no new ones should be made."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._claims: set[Claim] = set()
        self._lock = threading.Lock()

    @property
    def has_ended(self) -> bool:
        """Whether the process is about to end."""
        return self._over.is_set()

    def ends_within(self, seconds: float) -> bool:
        """Wait for the end, so long at most; whether it came."""
        return self._over.wait(seconds)

    @contextmanager
    def holding(self, claim: Claim) -> Iterator[None]:
        """Count the claim in for the length of the block."""
        with self._lock:
            self._claims.add(claim)
        try:
            yield
        finally:
            with self._lock:
                self._claims.discard(claim)

    def end(self) -> list[Claim]:
        """From now on it has ended; those that are still held."""
        with self._lock:
            self._over.set()
            return list(self._claims)
