"""Log lines about what may happen a thousand times a second: one when it begins, one when it is over."""

import logging
import time

logger = logging.getLogger(__name__)

QUIET_SECONDS = 10.0
"""Without another case for so long it is over."""


class Episode:
    """One kind of trouble. `advice` says what it means and what to do."""

    def __init__(self, trouble: str, advice: str) -> None:
        self._trouble = trouble
        self._advice = advice
        self._cases = 0
        self._began = self._latest = 0.0

    def note(self) -> None:
        """Another case."""
        self._latest = time.monotonic()
        if not self._cases:
            self._began = self._latest
            logger.warning("%s; %s", self._trouble, self._advice)
        self._cases += 1

    def look(self) -> None:
        """Log the end, if it has come. To be called from time to time."""
        if self._cases and time.monotonic() - self._latest > QUIET_SECONDS:
            seconds = self._latest - self._began
            logger.warning("%s: over after %.0f s, %d times", self._trouble, seconds, self._cases)
            self._cases = 0
