"""An image job and the ways it may change. Field names in JSON and MongoDB are the guide's, in camelCase."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any


class EntityType(StrEnum):
    """What an image belongs to."""

    EVENT = "event"
    REPORT = "report"
    OTHER = "other"


class JobStatus(StrEnum):
    """The state of a job. DELETING is a tombstone: callers no longer see the job."""

    PENDING = "PENDING"
    PROCESSING = "PROCESSING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    DELETING = "DELETING"

    @property
    def is_terminal(self) -> bool:
        """Whether the job ended; only a retry or a deletion changes it further."""
        return self in {JobStatus.COMPLETED, JobStatus.FAILED}


LEGAL_TRANSITIONS: Mapping[JobStatus, frozenset[JobStatus]] = {
    JobStatus.PENDING: frozenset({JobStatus.PROCESSING, JobStatus.FAILED, JobStatus.DELETING}),
    JobStatus.PROCESSING: frozenset(
        {JobStatus.PROCESSING, JobStatus.PENDING, JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.DELETING}
    ),
    JobStatus.COMPLETED: frozenset({JobStatus.DELETING}),
    JobStatus.FAILED: frozenset({JobStatus.PENDING, JobStatus.DELETING}),
    JobStatus.DELETING: frozenset(),
}
"""PROCESSING to PROCESSING is what readers see of a renewal, and of the next attempt after a lease expired: between
them the job is PENDING for a moment. PROCESSING to PENDING is a worker handing back, or the reconciler putting back an
expired lease. FAILED to PENDING is a retry. `records.change.Transition` refuses every other transition."""


def sources_of(target: JobStatus) -> frozenset[JobStatus]:
    """Every status from which a job may go to this one."""
    return frozenset(status for status, targets in LEGAL_TRANSITIONS.items() if target in targets)


LIVE = sources_of(JobStatus.DELETING)
"""Every status that callers see."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt ended without a result: for people, for programs, and whether a retry can help."""

    message: str
    code: str | None = None
    retryable: bool | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """The result that a worker reports."""

    key: str
    url: str | None = None
    renditions: Sequence[Mapping[str, Any]] | None = None
    thumb_hash: str | None = None
    dominant_color: str | None = None
    receipt: Mapping[str, Any] | None = None


def _named(name: str, default: Any = None) -> Any:
    return field(default=default, metadata={"name": name})


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageJob:
    """One document of the collection `image_jobs`. Times are in UTC by the database's clock; sizes are bytes.

    `revision` counts the record's changes, so that a change can be refused if another one came in between.
    """

    id: str = field(metadata={"name": "_id"})
    entity_type: EntityType
    entity_id: str
    source_image_url: str = field(metadata={"name": "sourceImageURL"})
    source_image_key: str
    output_image_url: str | None = _named("outputImageURL")
    output_image_key: str | None = None
    status: JobStatus = JobStatus.PENDING
    error_msg: str = ""
    error_code: str | None = None
    retryable: bool | None = None
    original_filename: str | None = None
    mimetype: str | None = None
    file_size: int | None = None
    created_at: datetime
    updated_at: datetime
    processed_at: datetime | None = None
    enqueued_at: datetime | None = None
    started_at: datetime | None = None
    lease_until: datetime | None = None
    attempt: int = 0
    lost_leases: int = 0
    revision: int = field(default=0, compare=False)
    renditions: Sequence[Mapping[str, Any]] | None = None
    thumb_hash: str | None = None
    dominant_color: str | None = None
    receipt: Mapping[str, Any] | None = None
    source_sha256: str | None = None
    idempotency_key: str | None = None

    @property
    def waits_for_queue(self) -> bool:
        """Whether the job has no message as far as is known. The reconciler's next pass pushes one."""
        return self.status == JobStatus.PENDING and self.enqueued_at is None

    @property
    def output_keys(self) -> frozenset[str]:
        """The recorded keys of the output and its renditions."""
        recorded = (self.output_image_key, *(each.get("key") for each in self.renditions or ()))
        return frozenset(key for key in recorded if key)


def _camel_case(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


FIELD_NAMES: Mapping[str, str] = {
    each.name: each.metadata.get("name", _camel_case(each.name)) for each in fields(ImageJob)
}
"""Attribute of ImageJob to its name in MongoDB and in JSON."""
