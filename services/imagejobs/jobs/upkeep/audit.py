"""Finds COMPLETED jobs whose objects are missing or not as recorded. It only reports: what to do is for a person."""

from collections.abc import Iterator
from dataclasses import dataclass

from imagejobs.jobs.model import ImageJob, JobStatus
from imagejobs.jobs.outputs import recorded_sizes
from imagejobs.jobs.records.port import ImageJobRepository
from imagejobs.storage.object_storage import ObjectNotFound, ObjectStorage

PAGE = 1000
"""Jobs that are held at once; each has one object, and one more for each rendition."""


@dataclass(frozen=True, slots=True)
class Damage:
    """One object of a COMPLETED job: what it should be, and what it is. None: no key, no known size, no object."""

    job_id: str
    key: str | None
    expected_bytes: int | None
    found_bytes: int | None

    def __str__(self) -> str:
        """The problem, for people."""
        if self.key is None:
            return "has no outputImageKey"
        if self.found_bytes is None:
            return f"{self.key} is missing"
        return f"{self.key} has {self.found_bytes} bytes instead of {self.expected_bytes}"


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Some jobs that were looked at, what was wrong, and the id to go on after; None at the end."""

    jobs: int
    damages: tuple[Damage, ...]
    cursor: str | None


class Audit:
    """Walks the COMPLETED jobs by their ids."""

    def __init__(self, repository: ImageJobRepository, storage: ObjectStorage) -> None:
        self._repository = repository
        self._storage = storage

    def run(self, cursor: str | None = None) -> Iterator[AuditPage]:
        """Page after page to the end, from where a page before ended."""
        while True:
            page = self.page(cursor)
            yield page
            if page.cursor is None:
                return
            cursor = page.cursor

    def page(self, cursor: str | None = None) -> AuditPage:
        """Look at the next PAGE jobs. Raises BackingServiceUnavailable."""
        jobs = self._repository.completed_after(cursor, PAGE)
        damages = tuple(damage for job in jobs for damage in self._examine(job))
        return AuditPage(len(jobs), damages, jobs[-1].id if len(jobs) == PAGE else None)

    def _examine(self, job: ImageJob) -> list[Damage]:
        damages = self._damages(job)
        if damages and not self._is_completed(job.id):
            return []  # A job that is deleted meanwhile loses its objects first.
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
