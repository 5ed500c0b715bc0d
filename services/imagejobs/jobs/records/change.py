"""One change of an image job's record: what must hold for it, and what it writes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import Enum
from typing import Any, Literal

from imagejobs.jobs.model import LEGAL_TRANSITIONS, ImageJob, JobStatus


class Unset(Enum):
    """The type of UNSET."""

    UNSET = "unset"


UNSET = Unset.UNSET
"""The value of a field that a change leaves as it is."""

Counter = Literal["attempt", "lost_leases"]
"""A field that a change may increment."""


@dataclass(frozen=True, slots=True)
class Guard:
    """What must hold for a record to be changed or removed. An attempt or revision of None matches every one."""

    status: frozenset[JobStatus]
    attempt: int | None = None
    revision: int | None = None

    def matches(self, job: ImageJob) -> bool:
        """Whether the guard holds for this record."""
        return (
            job.status in self.status and self.attempt in {None, job.attempt} and self.revision in {None, job.revision}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """New values of the fields that may change after a job was created.

    UNSET leaves a field as it is and None removes it. `increments` are counted up by one on the server.
    """

    status: JobStatus | Unset = UNSET
    error_msg: str | Unset = UNSET
    error_code: str | Unset | None = UNSET
    retryable: bool | Unset | None = UNSET
    output_image_key: str | Unset | None = UNSET
    output_image_url: str | Unset | None = UNSET
    renditions: Sequence[Mapping[str, Any]] | Unset | None = UNSET
    thumb_hash: str | Unset | None = UNSET
    dominant_color: str | Unset | None = UNSET
    receipt: Mapping[str, Any] | Unset | None = UNSET
    updated_at: datetime | Unset = UNSET
    processed_at: datetime | Unset | None = UNSET
    enqueued_at: datetime | Unset | None = UNSET
    started_at: datetime | Unset | None = UNSET
    lease_until: datetime | Unset | None = UNSET
    lost_leases: int | Unset = UNSET
    increments: frozenset[Counter] = frozenset()

    @property
    def values(self) -> Mapping[str, Any]:
        """The new values by attribute of ImageJob, without `increments`. Repositories translate them."""
        named = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "increments"}
        return {name: value for name, value in named.items() if value is not UNSET}


@dataclass(frozen=True, slots=True)
class Transition:
    """A change with its guard: one compare-and-set.

    A transition that is not in LEGAL_TRANSITIONS cannot be built: it raises ValueError.
    """

    guard: Guard
    change: Change

    def __post_init__(self) -> None:
        """Check every status that the guard admits."""
        target = self.change.status
        if target is UNSET:
            return
        for status in sorted(self.guard.status):
            if target not in LEGAL_TRANSITIONS[status]:
                raise ValueError(f"LEGAL_TRANSITIONS does not allow a job to go from {status} to {target}.")
