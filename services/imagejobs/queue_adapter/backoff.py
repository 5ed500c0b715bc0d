"""How long to wait for a backing service that is unavailable."""

import random

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0


class Backoff:
    """Counts failures in a row."""

    def __init__(self) -> None:
        self._failures = 0

    def failed(self) -> float:
        """The seconds to wait before the next attempt: doubling, capped, less up to half by chance."""
        pause = min(FIRST_PAUSE * 2.0 ** min(self._failures, 10), LONGEST_PAUSE)
        self._failures += 1
        return pause * random.uniform(0.5, 1)  # noqa: S311 - spreads retries, protects nothing

    def succeeded(self) -> None:
        """The next failure is the first of a row."""
        self._failures = 0
