"""What was observed: each client request with its answer, each state of a record, and the time of each fault.

All times are readings of this machine's monotonic clock, in seconds.
"""

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from faults.marked_pictures import MarkedPicture

BOOTED_AT = time.time() - time.monotonic()
"""The Unix time at which the monotonic clock read zero."""


class Kind(StrEnum):
    """What a client asked for."""

    UPLOAD = "upload"
    RETRY = "retry"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Request:
    """One request. Without a `status` no answer came, so it is unknown whether the request was carried out."""

    kind: Kind
    invoked_at: float
    job_id: str | None = None
    picture: MarkedPicture | None = None
    answered_at: float | None = None
    status: int | None = None

    @property
    def was_accepted(self) -> bool:
        """Whether the API answered that the request was, or will be, carried out."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def was_refused(self) -> bool:
        """Whether the API answered that the request was not carried out. For an upload a 5xx answer means this too."""
        if self.status is None or self.was_accepted:
            return False
        return self.kind == Kind.UPLOAD or self.status < 500

    def may_have_happened_between(self, begin: float, end: float) -> bool:
        """Whether the request can have taken effect in this time."""
        return self.invoked_at <= end and (self.answered_at is None or self.answered_at >= begin)


@dataclass(frozen=True, slots=True)
class State:
    """A record as read from MongoDB at some moment between `asked_at` and `seen_at`."""

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
        """When the job ended, which may be long before it was observed. MongoDB uses the clock of this machine."""
        return self.processed_at.timestamp() - BOOTED_AT if self.processed_at else self.seen_at

    @property
    def has_ended(self) -> bool:
        """Whether the job is COMPLETED or FAILED."""
        return self.status in {"COMPLETED", "FAILED"}

    @property
    def result(self) -> tuple[object, ...]:
        """The fields of a COMPLETED job that must never change."""
        return (self.attempt, self.output_key, tuple(sorted(self.sizes.items())), self.processed_at)

    def seen_again(self, other: "State") -> bool:
        """Whether the other observation shows the same state."""
        return replace(other, asked_at=self.asked_at, seen_at=self.seen_at) == self


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that was injected, and when."""

    name: str
    at: float


class History:
    """The requests and faults of one trial. Safe to use from any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: list[Request] = []
        self._faults: list[Fault] = []

    def add(self, request: Request) -> None:
        """Record a request after its answer came, or after it failed without one."""
        with self._lock:
            self._requests.append(request)

    def inject(self, name: str) -> None:
        """Record that this fault is injected now."""
        with self._lock:
            self._faults.append(Fault(name, time.monotonic()))

    @property
    def requests(self) -> Sequence[Request]:
        """All recorded requests, in the order of their answers."""
        with self._lock:
            return tuple(self._requests)

    @property
    def faults(self) -> Sequence[Fault]:
        """All injected faults, in order."""
        with self._lock:
            return tuple(self._faults)


def of_kind(requests: Iterable[Request], kind: Kind) -> list[Request]:
    """The requests of this kind."""
    return [request for request in requests if request.kind == kind]
