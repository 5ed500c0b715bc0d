"""How often, how long and how soon a job is tried again that could not be finished, by what went wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from dramatiq import Message

from imagejobs.backoff import Backoff
from imagejobs.worker.failures import MachineShort, ServiceUnavailable, TransientFailure

FAULTS = "faults"
FAULTY_SINCE = "faulty_since"
"""The options of a Dramatiq message that count its failures, outages and a machine's shortages not among them, and say
when the first failure or shortage was (milliseconds since the epoch, as its own timestamp)."""
MAX_FAULTY_SECONDS = 3600.0
MAX_AWAY_SECONDS = 7 * 24 * 3600.0
"""After a week of tries somebody should look. Nothing is wrong with the job, so a retry then runs it again."""
PAUSES = Backoff(first=1.0, longest=60.0, jitter=1.0)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery of a message: what was tried with it before, and how many failures it may have at most.

    `tries` counts the deliveries before, for whatever reason, `faults` those that failed with all services there;
    `seconds` is the message's age, `faulty_seconds` the time since the first of those.
    """

    tries: int = 0
    faults: int = 0
    seconds: float = 0.0
    faulty_seconds: float = 0.0
    max_attempts: int = 5

    @classmethod
    def of(cls, message: Message[Any], now: float, max_attempts: int) -> Self:
        """Read from a Dramatiq message; `now` in seconds since the epoch."""
        options = message.options
        return cls(
            options.get("retries", 0),
            options.get(FAULTS, 0),
            now - message.message_timestamp / 1000,
            now - options.get(FAULTY_SINCE, now * 1000) / 1000,
            max_attempts,
        )

    def options_after(self, failure: TransientFailure, now: float) -> Mapping[str, int]:
        """What the message says of its next delivery: an outage or a machine's shortage is not the job's doing."""
        if isinstance(failure, ServiceUnavailable):
            return {}
        faults = self.faults if isinstance(failure, MachineShort) else self.faults + 1
        return {FAULTS: faults, FAULTY_SINCE: round((now - self.faulty_seconds) * 1000)}

    def is_last(self, failure: TransientFailure) -> bool:
        """Whether the job is not to be tried again after this failure."""
        if isinstance(failure, ServiceUnavailable):
            return self.seconds > MAX_AWAY_SECONDS
        may_be_jobs = not isinstance(failure, MachineShort) and self.faults + 1 >= self.max_attempts
        return may_be_jobs or self.faulty_seconds > MAX_FAULTY_SECONDS

    def pause(self) -> float:
        """Seconds until the next try."""
        return PAUSES.pause(self.tries)
