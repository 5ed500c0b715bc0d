"""How often, how long and how soon a job is tried again that could not be finished, by what went wrong."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from imagejobs.worker.failures import ServiceAway, TransientFailure

FAULTS = "faults"
"""The option of a Dramatiq message that counts its failures; outages are not counted."""
MAX_FAULTY_SECONDS = 3600.0
MAX_AWAY_SECONDS = 7 * 24 * 3600.0
"""After a week of tries somebody should look. Nothing is wrong with the job, so a retry then runs it again."""
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery of a message: what was tried with it before, and how many failures it may have at most.

    `tries` counts the deliveries before, for whatever reason, `faults` those that failed with all services there;
    `seconds` is the message's age.
    """

    tries: int = 0
    faults: int = 0
    seconds: float = 0.0
    max_attempts: int = 5

    @classmethod
    def of(cls, options: Mapping[str, Any], seconds: float, max_attempts: int) -> Self:
        """Read from a Dramatiq message's options."""
        return cls(options.get("retries", 0), options.get(FAULTS, 0), seconds, max_attempts)

    def faults_after(self, failure: TransientFailure) -> int:
        """The count with this failure in it: an outage is not the job's doing."""
        return self.faults + (not isinstance(failure, ServiceAway))

    def is_last(self, failure: TransientFailure) -> bool:
        """Whether the job is not to be tried again after this failure."""
        if isinstance(failure, ServiceAway):
            return self.seconds > MAX_AWAY_SECONDS
        return self.faults_after(failure) >= self.max_attempts or self.seconds > MAX_FAULTY_SECONDS

    def pause(self) -> float:
        """Seconds until the next try: drawn from all below a bound that doubles with each ("full jitter")."""
        bound = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(self.tries, 10))
        return random.uniform(0, bound)  # noqa: S311 - spreads retries, protects nothing
