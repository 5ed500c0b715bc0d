"""What was seen: each request of a client with its answer, each state of a record, and when a fault was injected.

All times are of this machine's monotonic clock.
"""

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from faults.marked_pictures import MarkedPicture

BOOTED_AT = time.time() - time.monotonic()
"""Seconds from the epoch to the zero of the monotonic clock."""


class Kind(StrEnum):
    """What a client asked for."""

    UPLOAD = "upload"
    RETRY = "retry"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Request:
    """One request; no `status` means that no answer came, so that nobody knows whether it was carried out."""

    kind: Kind
    invoked_at: float
    job_id: str | None = None
    picture: MarkedPicture | None = None
    answered_at: float | None = None
    status: int | None = None

    @property
    def was_accepted(self) -> bool:
        """Whether the API said that it was, or will be, carried out."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def was_refused(self) -> bool:
        """Whether the API said that it was not, and will not be, carried out. Of an upload a 503 says so, too."""
        if self.status is None or self.was_accepted:
            return False
        return self.kind == Kind.UPLOAD or self.status < 500

    def may_have_happened_between(self, begin: float, end: float) -> bool:
        """Whether it can have taken effect in this time."""
        return self.invoked_at <= end and (self.answered_at is None or self.answered_at >= begin)


@dataclass(frozen=True, slots=True)
class State:
    """A record as it was read from MongoDB, at some moment between `asked_at` and `seen_at`."""

    job_id: str
    status: str
    attempt: int
    asked_at: float
    seen_at: float
    lost_leases: int = 0
    error_code: str | None = None
    source_key: str = ""
    source_sha256: str | None = None
    output_key: str | None = None
    sizes: Mapping[str, int | None] = field(default_factory=dict)
    processed_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def ended_at(self) -> float:
        """When it ended, which may be long before anybody looked; MongoDB's clock is this machine's."""
        return self.processed_at.timestamp() - BOOTED_AT if self.processed_at else self.seen_at

    @property
    def has_ended(self) -> bool:
        """Whether it is COMPLETED or FAILED."""
        return self.status in {"COMPLETED", "FAILED"}

    @property
    def result(self) -> tuple[object, ...]:
        """What a COMPLETED job has for good."""
        return (self.attempt, self.output_key, tuple(sorted(self.sizes.items())), self.processed_at)

    def seen_again(self, other: "State") -> bool:
        """Whether another look showed the same."""
        return replace(other, asked_at=self.asked_at, seen_at=self.seen_at) == self


@dataclass(frozen=True, slots=True)
class Fault:
    """What was done to the system, and when."""

    name: str
    at: float


class History:
    """The requests and faults of one trial. Any number of threads may add to it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: list[Request] = []
        self._faults: list[Fault] = []

    def add(self, request: Request) -> None:
        """Keep a request, once it was answered or will not be any more."""
        with self._lock:
            self._requests.append(request)

    def inject(self, name: str) -> None:
        """Keep that this fault happens now."""
        with self._lock:
            self._faults.append(Fault(name, time.monotonic()))

    @property
    def requests(self) -> Sequence[Request]:
        """Everything that clients asked for, in the order of the answers."""
        with self._lock:
            return tuple(self._requests)

    @property
    def faults(self) -> Sequence[Fault]:
        """What was done, in order."""
        with self._lock:
            return tuple(self._faults)


def of_kind(requests: Iterable[Request], kind: Kind) -> list[Request]:
    """Those requests."""
    return [request for request in requests if request.kind == kind]
