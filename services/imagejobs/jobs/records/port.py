"""The record of image jobs as a port. Every change is one compare-and-set; nothing is ever read, changed and saved."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from imagejobs.jobs.model import EntityType, ImageJob, JobStatus
from imagejobs.jobs.records.change import Guard, Transition


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs a list shows; DELETING ones only where they are asked for.

    `before` is the id after which to go on, newest first.
    """

    entity_type: EntityType | None = None
    entity_id: str | None = None
    status: JobStatus | None = None
    before: str | None = None


class ImageJobRepository(Protocol):
    """Every method raises DatabaseUnavailable when the database is unavailable, within its timeouts."""

    def now(self) -> datetime:
        """The database's clock, in UTC, cut to milliseconds: the only clock that decides who owns a job."""

    def new_id(self) -> str:
        """A fresh id, 24 hex digits, growing with time."""

    def insert(self, job: ImageJob) -> None:
        """Record a new job. Raises DuplicateKey when its id or its idempotency key is taken."""

    def get(self, job_id: str) -> ImageJob | None:
        """The job, tombstones included."""

    def find_by_idempotency_key(self, key: str) -> ImageJob | None:
        """The job that was created under this key."""

    def change(self, job_id: str, transition: Transition) -> ImageJob | None:
        """Apply the change if the guard holds, in one step on the server, and count `revision` up.

        Returns the job afterwards, or None if there is no such job or the guard does not hold.
        """

    def remove(self, job_id: str, guard: Guard) -> bool:
        """Delete the record if the guard holds; whether it did."""

    def page(self, wanted: JobFilter, limit: int) -> Sequence[ImageJob]:
        """At most `limit` jobs, newest first."""

    def of_entities(self, entity_type: EntityType, entity_ids: Sequence[str]) -> Sequence[ImageJob]:
        """Every job of these entities, oldest first, tombstones left out."""

    def count(self, status: JobStatus) -> int:
        """How many jobs there are in this status."""

    def count_by_status(self) -> Mapping[JobStatus, int]:
        """How many jobs there are in each status; statuses without a job may be missing."""

    def last_completed(self, limit: int) -> Sequence[ImageJob]:
        """The jobs completed last."""

    def pending_since(self, enqueued_before: datetime, limit: int) -> Sequence[ImageJob]:
        """PENDING jobs last pushed before this time, or never; the longest waiting first."""

    def leases_expired(self, now: datetime, unleased_before: datetime, limit: int) -> Sequence[ImageJob]:
        """PROCESSING jobs whose lease ended before `now`; without a lease (foreign writers), by their last update."""

    def deleting_since(self, updated_before: datetime, limit: int) -> Sequence[ImageJob]:
        """Tombstones whose deletion did not finish."""

    def sources_among(self, keys: Sequence[str]) -> AbstractSet[str]:
        """Those of these keys that are the source of a job, tombstones included."""

    def outputs_among(self, output_keys: Sequence[str]) -> AbstractSet[str]:
        """Every output and rendition of the jobs that have one of these as their output, tombstones included."""

    def is_output(self, key: str, source_start: str) -> bool:
        """Whether a job has this output or rendition, or may come to it.

        May come to it: a job, tombstone or not, that has not COMPLETED, if its source's key starts with `source_start`.
        """

    def completed_after(self, job_id: str | None, limit: int) -> Sequence[ImageJob]:
        """At most `limit` COMPLETED jobs by their ids, beginning after this one, or with the first."""

    def ping(self) -> None:
        """Return if the database answers."""
