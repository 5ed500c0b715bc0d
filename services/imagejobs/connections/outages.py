"""What a process logs about an outage of a backing service: a line when it begins, when it ends, and each minute.

Every call of a service passes one of a few places that translate its errors; these note here whether the service
answered. The callers try again and log nothing about it, so that an outage does not bury everything else.
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from imagejobs.errors import BackingServiceUnavailable

logger = logging.getLogger(__name__)
logger.addHandler(logging.NullHandler())  # commands set up no logging: they report the error itself

REMINDER_SECONDS = 60.0
SETTLED_SECONDS = 6.0
"""Without a failure for so long the outage is over. The pauses between tries are shorter (5 s): where Redis answers
reads and refuses writes, an answer alone ends nothing."""


MAX_REASON = 300


@dataclass(slots=True)
class _Outage:
    began: float
    failed_at: float
    is_reported: bool = False


class Outages:
    """Those of one process, by service. Thread-safe."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._current: dict[str, _Outage] = {}
        self._reported_at: dict[str, float] = {}

    def failed(self, service: str, reason: object) -> None:
        """Note that a call failed: the service did not answer, or cannot serve."""
        with self._lock:
            now = self._now()
            outage = self._current.setdefault(service, _Outage(now, now))
            outage.failed_at = now
            if now - self._reported_at.get(service, -math.inf) < REMINDER_SECONDS:
                return
            self._reported_at[service] = now
            since, outage.is_reported = outage.is_reported, True
        why = str(reason)[:MAX_REASON].rstrip(".")
        if since:
            logger.warning("%s is still unavailable after %.0f s: %s", service, now - outage.began, why)
        else:
            logger.warning("%s is unavailable: %s; trying again until it is back", service, why)

    def answered(self, service: str) -> None:
        """Note that a call succeeded."""
        if service not in self._current:
            return
        with self._lock:
            outage = self._current.get(service)
            if outage is None or self._now() - outage.failed_at < SETTLED_SECONDS:
                return
            del self._current[service]
        if outage.is_reported:
            logger.warning("%s is available again after %.1f s", service, outage.failed_at - outage.began)

    @contextmanager
    def watched(self, service: str) -> Iterator[None]:
        """Note how the block ends."""
        try:
            yield
        except BackingServiceUnavailable as error:
            self.failed(service, error.reason)
            raise
        else:
            self.answered(service)


OUTAGES = Outages()
"""This process's."""
