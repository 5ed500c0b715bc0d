"""Image jobs in memory: the repository for tests, with the same guarantees inside one process."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import UTC, datetime

from bson import ObjectId

from imagejobs.errors import DuplicateKey
from imagejobs.jobs.model import EntityType, ImageJob, JobStatus
from imagejobs.jobs.records.change import Guard, Transition
from imagejobs.jobs.records.port import JobFilter
from imagejobs.times import to_milliseconds


class MemoryImageJobRepository:
    """Thread-safe. `clock` is the database's clock."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._clock = clock
        self._jobs: dict[str, ImageJob] = {}
        self._lock = threading.RLock()

    def now(self) -> datetime:
        return to_milliseconds(self._clock())

    def new_id(self) -> str:
        return str(ObjectId())

    def insert(self, job: ImageJob) -> None:
        with self._lock:
            if job.id in self._jobs:
                raise DuplicateKey(job.id)
            if job.idempotency_key and self.find_by_idempotency_key(job.idempotency_key):
                raise DuplicateKey(job.idempotency_key)
            self._jobs[job.id] = job

    def get(self, job_id: str) -> ImageJob | None:
        return self._jobs.get(job_id)

    def find_by_idempotency_key(self, key: str) -> ImageJob | None:
        return next((job for job in self._all() if job.idempotency_key == key), None)

    def change(self, job_id: str, transition: Transition) -> ImageJob | None:
        with self._lock:
            job = self._jobs.get(job_id)
            if job is None or not transition.guard.matches(job):
                return None
            change = transition.change
            counted = {name: getattr(job, name) + 1 for name in (*change.increments, "revision")}
            self._jobs[job_id] = replace(job, **change.values, **counted)
            return self._jobs[job_id]

    def remove(self, job_id: str, guard: Guard) -> bool:
        with self._lock:
            job = self._jobs.get(job_id)
            if job is None or not guard.matches(job):
                return False
            del self._jobs[job_id]
            return True

    def page(self, wanted: JobFilter, limit: int) -> Sequence[ImageJob]:
        found = (job for job in self._all() if _matches(wanted, job))
        return sorted(found, key=lambda job: job.id, reverse=True)[:limit]

    def of_entities(self, entity_type: EntityType, entity_ids: Sequence[str]) -> Sequence[ImageJob]:
        found = (
            job
            for job in self._all()
            if job.entity_type == entity_type and job.entity_id in entity_ids and job.status != JobStatus.DELETING
        )
        return sorted(found, key=lambda job: job.id)

    def count(self, status: JobStatus) -> int:
        return sum(job.status == status for job in self._all())

    def count_by_status(self) -> Mapping[JobStatus, int]:
        return Counter(job.status for job in self._all())

    def last_completed(self, limit: int) -> Sequence[ImageJob]:
        found = [job for job in self._all() if job.status == JobStatus.COMPLETED and job.processed_at]
        return sorted(found, key=lambda job: job.processed_at or job.created_at, reverse=True)[:limit]

    def pending_since(self, enqueued_before: datetime, limit: int) -> Sequence[ImageJob]:
        found = [
            job
            for job in self._all()
            if job.status == JobStatus.PENDING and (job.enqueued_at is None or job.enqueued_at < enqueued_before)
        ]
        return sorted(found, key=lambda job: (job.enqueued_at is not None, job.enqueued_at or job.id))[:limit]

    def leases_expired(self, now: datetime, unleased_before: datetime, limit: int) -> Sequence[ImageJob]:
        found = (
            job
            for job in self._all()
            if job.status == JobStatus.PROCESSING
            and (job.lease_until < now if job.lease_until else job.updated_at < unleased_before)
        )
        return sorted(found, key=lambda job: (job.lease_until is not None, job.lease_until or job.updated_at))[:limit]

    def deleting_since(self, updated_before: datetime, limit: int) -> Sequence[ImageJob]:
        found = (job for job in self._all() if job.status == JobStatus.DELETING and job.updated_at < updated_before)
        return sorted(found, key=lambda job: job.updated_at)[:limit]

    def sources_among(self, keys: Sequence[str]) -> AbstractSet[str]:
        return {job.source_image_key for job in self._all()} & set(keys)

    def outputs_among(self, output_keys: Sequence[str]) -> AbstractSet[str]:
        wanted = set(output_keys)
        return {key for job in self._all() if job.output_image_key in wanted for key in job.output_keys}

    def is_output(self, key: str, source_start: str) -> bool:
        return any(
            key in job.output_keys
            or (job.status != JobStatus.COMPLETED and job.source_image_key.startswith(source_start))
            for job in self._all()
        )

    def completed_after(self, job_id: str | None, limit: int) -> Sequence[ImageJob]:
        found = (job for job in self._all() if job.status == JobStatus.COMPLETED and job.id > (job_id or ""))
        return sorted(found, key=lambda job: job.id)[:limit]

    def ping(self) -> None:
        """Memory is always there."""

    def _all(self) -> Iterable[ImageJob]:
        with self._lock:
            return tuple(self._jobs.values())


def _matches(wanted: JobFilter, job: ImageJob) -> bool:
    return (
        (job.status != JobStatus.DELETING or wanted.status == JobStatus.DELETING)
        and wanted.entity_type in {None, job.entity_type}
        and wanted.entity_id in {None, job.entity_id}
        and wanted.status in {None, job.status}
        and (wanted.before is None or job.id < wanted.before)
    )
