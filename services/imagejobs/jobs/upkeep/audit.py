"""Finds COMPLETED jobs whose objects are missing or differ from the record. It reports them and changes nothing."""

from collections.abc import Iterator
from dataclasses import dataclass

from imagejobs.jobs.model import ImageJob, JobStatus
from imagejobs.jobs.outputs import recorded_sizes
from imagejobs.jobs.records.port import ImageJobRepository
from imagejobs.storage.object_storage import ObjectNotFound, ObjectStorage

PAGE = 1000
"""Jobs of one page. Each has one object, and one more for each rendition."""


@dataclass(frozen=True, slots=True)
class Damage:
    """An object of a COMPLETED job that differs from the record.

    `key` is None if the record has no output, `expected_bytes` if it has no size, `found_bytes` if there is no object.
    """

    job_id: str
    key: str | None
    expected_bytes: int | None
    found_bytes: int | None

    def __str__(self) -> str:
        """What is wrong, as the end of a sentence about the job."""
        if self.key is None:
            return "has no outputImageKey"
        if self.found_bytes is None:
            return f"{self.key} is missing"
        return f"{self.key} has {self.found_bytes} bytes instead of {self.expected_bytes}"


@dataclass(frozen=True, slots=True)
class AuditPage:
    """The number of jobs in a page, their damage, and the cursor of the next page; None after the last one."""

    jobs: int
    damages: tuple[Damage, ...]
    cursor: str | None


class Audit:
    """Reads the COMPLETED jobs in the order of their ids."""

    def __init__(self, repository: ImageJobRepository, storage: ObjectStorage) -> None:
        self._repository = repository
        self._storage = storage

    def run(self, cursor: str | None = None) -> Iterator[AuditPage]:
        """Yield page after page, from this cursor to the end."""
        while True:
            page = self.page(cursor)
            yield page
            if page.cursor is None:
                return
            cursor = page.cursor

    def page(self, cursor: str | None = None) -> AuditPage:
        """Examine the next PAGE jobs. Raises BackingServiceUnavailable."""
        jobs = self._repository.completed_after(cursor, PAGE)
        damages = tuple(damage for job in jobs for damage in self._examine(job))
        return AuditPage(len(jobs), damages, jobs[-1].id if len(jobs) == PAGE else None)

    def _examine(self, job: ImageJob) -> list[Damage]:
        damages = self._damages(job)
        if damages and not self._is_completed(job.id):
            return []  # it is being deleted, and a deletion removes the objects first
        return damages

    def _damages(self, job: ImageJob) -> list[Damage]:
        if not job.output_image_key:
            return [Damage(job.id, None, None, None)]
        sizes = recorded_sizes(job.output_image_key, job.renditions, job.receipt)
        found = {key: self._size(key) for key in sizes}
        return [
            Damage(job.id, key, expected, found[key])
            for key, expected in sizes.items()
            if found[key] is None or expected not in {None, found[key]}
        ]

    def _size(self, key: str) -> int | None:
        try:
            return self._storage.head(key).size
        except ObjectNotFound:
            return None

    def _is_completed(self, job_id: str) -> bool:
        job = self._repository.get(job_id)
        return job is not None and job.status == JobStatus.COMPLETED
