"""What a process logs about an outage of a backing service: a line when it begins, one a minute, one when it ends.

Every call of a service passes through one of a few functions that translate its errors. They note here whether the
service answered. Their callers try again without logging, so that an outage does not bury the rest of the log.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from imagejobs.errors import BackingServiceUnavailable
from imagejobs.runtime.episode import Episode, Lines

logger = logging.getLogger(__name__)
logger.addHandler(logging.NullHandler())  # commands set up no logging: they report the error itself

SETTLED_SECONDS = 6.0
"""An outage is over after so long without a failure. This is longer than the pauses between two tries (5 s): one answer
does not end an outage, because Redis may answer reads and refuse writes."""
MAX_REASON = 300


class Outages:
    """The outages of one process, by service. Thread-safe."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._by_service: dict[str, Episode] = {}

    def failed(self, service: str, reason: object) -> None:
        """Note that a call failed: the service did not answer, or cannot serve."""
        known = self._by_service.get(service)
        episode = known or self._by_service.setdefault(service, self._episode(service))
        episode.note(str(reason)[:MAX_REASON].rstrip("."))

    def answered(self, service: str) -> None:
        """Note that a call succeeded."""
        if episode := self._by_service.get(service):
            episode.look()

    @contextmanager
    def watched(self, service: str) -> Iterator[None]:
        """Note whether the block raises BackingServiceUnavailable."""
        try:
            yield
        except BackingServiceUnavailable as error:
            self.failed(service, error.reason)
            raise
        else:
            self.answered(service)

    def _episode(self, service: str) -> Episode:
        lines = Lines(
            begins=f"{service} is unavailable: %(reason)s; trying again until it is back",
            lasts=f"{service} is still unavailable after %(seconds).0f s: %(reason)s",
            ends=f"{service} is available again after %(seconds).1f s",
        )
        return Episode(logger, lines, SETTLED_SECONDS, self._now)


OUTAGES = Outages()
"""The outages of this process."""
