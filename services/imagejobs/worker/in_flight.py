"""What this process holds at the moment."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from imagejobs.worker.jobs_api import Claim


class InFlight:
    """The claims that are being worked on, in all threads."""

    def __init__(self) -> None:
        self._claims: set[Claim] = set()
        self._lock = threading.Lock()

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

    def claims(self) -> list[Claim]:
        """Those that are held now."""
        with self._lock:
            return list(self._claims)
