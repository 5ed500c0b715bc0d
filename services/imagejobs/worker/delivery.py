"""When a job that could not be finished is tried again, and when no more."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from dramatiq import Message

from imagejobs.backoff import Backoff
from imagejobs.worker.failures import MachineShort, ServiceUnavailable, TransientFailure

FAULTS = "faults"
"""Option of a Dramatiq message: how many deliveries failed, without outages and shortages of the machine."""
FAULTY_SINCE = "faulty_since"
"""Option of a Dramatiq message: when the first failure or shortage was, in milliseconds since the epoch."""
MAX_FAULTY_SECONDS = 3600.0
MAX_OUTAGE_SECONDS = 7 * 24 * 3600.0
"""After a week of tries the job fails, so that a person notices. A retry then runs it again."""
PAUSES = Backoff(first=1.0, longest=60.0, jitter=1.0)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery of a job's message, and the history of the deliveries before it.

    `tries` counts the earlier deliveries, `faults` those of them that failed though all services were available.
    `seconds` is the message's age, `faulty_seconds` the time since the first failure or shortage of the machine.
    The job may fail `max_attempts` times.
    """

    tries: int = 0
    faults: int = 0
    seconds: float = 0.0
    faulty_seconds: float = 0.0
    max_attempts: int = 5

    @classmethod
    def of(cls, message: Message[Any], now: float, max_attempts: int) -> Self:
        """Read the history from a Dramatiq message; `now` is in seconds since the epoch."""
        options = message.options
        return cls(
            options.get("retries", 0),
            options.get(FAULTS, 0),
            now - message.message_timestamp / 1000,
            now - options.get(FAULTY_SINCE, now * 1000) / 1000,
            max_attempts,
        )

    def options_after(self, failure: TransientFailure, now: float) -> Mapping[str, int]:
        """The message's options for the next delivery. Neither an outage nor a shortage counts as a fault."""
        if isinstance(failure, ServiceUnavailable):
            return {}
        faults = self.faults if isinstance(failure, MachineShort) else self.faults + 1
        return {FAULTS: faults, FAULTY_SINCE: round((now - self.faulty_seconds) * 1000)}

    def is_last(self, failure: TransientFailure) -> bool:
        """Whether the job fails for good with this failure, instead of being tried again."""
        if isinstance(failure, ServiceUnavailable):
            return self.seconds > MAX_OUTAGE_SECONDS
        has_failed_too_often = not isinstance(failure, MachineShort) and self.faults + 1 >= self.max_attempts
        return has_failed_too_often or self.faulty_seconds > MAX_FAULTY_SECONDS

    def pause(self) -> float:
        """Seconds until the next try."""
        return PAUSES.pause(self.tries)
