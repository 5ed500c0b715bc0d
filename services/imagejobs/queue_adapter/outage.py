"""How to wait for a backing service that is away."""

import logging
import random
import time

logger = logging.getLogger(__name__)

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0


class Outage:
    """Counts failures in a row; one log line when they begin, one when they are over."""

    def __init__(self) -> None:
        self._failures = 0
        self._since = 0.0

    def failed(self, error: Exception) -> float:
        """Note a failure; the seconds to wait before the next attempt: doubling, capped, less up to half by chance."""
        if not self._failures:
            self._since = time.monotonic()
            logger.warning("%s; trying again until it answers", error)
        pause = min(FIRST_PAUSE * 2.0 ** min(self._failures, 10), LONGEST_PAUSE)
        self._failures += 1
        return pause * random.uniform(0.5, 1)  # noqa: S311 - spreads retries, protects nothing

    def over(self) -> bool:
        """Note a success; whether it ends an outage."""
        if not self._failures:
            return False
        logger.warning("back after %.1f s and %d attempts", time.monotonic() - self._since, self._failures)
        self._failures = 0
        return True
