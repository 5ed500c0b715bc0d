"""The claims that this process holds at the moment."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from imagejobs.worker.job import Claim


class InFlight:
    """The claims that the process' threads work on. After `end` no new claim should be made. Thread-safe."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._claims: set[Claim] = set()
        self._lock = threading.Lock()

    @property
    def has_ended(self) -> bool:
        """Whether the process is about to end."""
        return self._over.is_set()

    def ends_within(self, seconds: float) -> bool:
        """Wait for `end`, at most this long; whether it was called."""
        return self._over.wait(seconds)

    @contextmanager
    def holding(self, claim: Claim) -> Iterator[None]:
        """Include the claim for the duration of the block."""
        with self._lock:
            self._claims.add(claim)
        try:
            yield
        finally:
            with self._lock:
                self._claims.discard(claim)

    def end(self) -> list[Claim]:
        """Note that the process is about to end; the claims that it still holds."""
        with self._lock:
            self._over.set()
            return list(self._claims)
