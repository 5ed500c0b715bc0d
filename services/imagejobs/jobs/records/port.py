"""The port to the records of image jobs. A change is one compare-and-set: no record is read, changed and saved."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from imagejobs.jobs.model import EntityType, ImageJob, JobStatus
from imagejobs.jobs.records.change import Guard, Transition


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs a list shows. Tombstones are shown only if `status` is DELETING.

    `before` is the cursor: the list goes on with the jobs that are older than this id.
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
        """Delete the record if the guard holds. Returns whether it was deleted."""

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
        """PROCESSING jobs whose lease ended before `now`, earliest first.

        Jobs without a lease, which other programs wrote, come first: those last updated before `unleased_before`.
        """

    def deleting_since(self, updated_before: datetime, limit: int) -> Sequence[ImageJob]:
        """Tombstones last updated before this time, oldest first: their deletion did not finish."""

    def sources_among(self, keys: Sequence[str]) -> AbstractSet[str]:
        """The keys among these that are the source of a job, tombstones included."""

    def outputs_among(self, output_keys: Sequence[str]) -> AbstractSet[str]:
        """All outputs and renditions of the jobs whose output is one of these, tombstones included."""

    def is_output(self, key: str, source_start: str) -> bool:
        """Whether a job has this output or rendition, or may still get it.

        A job may still get it if the key of its source starts with `source_start` and the job is not COMPLETED.
        Tombstones count too.
        """

    def completed_after(self, job_id: str | None, limit: int) -> Sequence[ImageJob]:
        """At most `limit` COMPLETED jobs in the order of their ids, after this id, or from the first one."""

    def ping(self) -> None:
        """Return if the database answers."""
