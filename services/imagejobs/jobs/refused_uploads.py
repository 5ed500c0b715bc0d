"""Undoes what a refused request has already stored."""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial

from imagejobs.errors import DatabaseUnavailable
from imagejobs.jobs.model import ImageJob, JobStatus
from imagejobs.jobs.records.change import Guard
from imagejobs.jobs.records.port import ImageJobRepository
from imagejobs.storage.object_storage import StorageUnavailable

logger = logging.getLogger(__name__)


class RefusedUploads:
    """Removes records, then objects. `unsettled` has what could not be undone yet because a service is unavailable."""

    def __init__(self, repository: ImageJobRepository, delete_objects: Callable[[ImageJob], None]) -> None:
        self._repository = repository
        self._delete_objects = delete_objects
        self.unsettled: deque[tuple[str, Callable[[], None]]] = deque()

    def remove(self, jobs: Sequence[ImageJob]) -> None:
        """Remove these jobs, now or later. As long as a job's record may exist, its object is kept.

        A job without an idempotency key is also removed if a worker has claimed it already: during a slow upload of
        several images a reconciler may push the first ones. A job with a key is kept once its record has changed.
        """
        for job in jobs:
            self.undo(f"upload {job.source_image_key}", partial(self._remove_one, job))

    def undo(self, refused: str, undo: Callable[[], None]) -> None:
        """Call `undo` now or, if a service is unavailable, later. It must be repeatable."""
        try:
            undo()
        except (DatabaseUnavailable, StorageUnavailable) as error:
            logger.warning("%s was refused and is yet to be undone: %s", refused, error)
            self.unsettled.append((refused, undo))

    def try_again(self) -> None:
        """Retry the oldest entry of `unsettled`."""
        self.undo(*self.unsettled.popleft())

    def _remove_one(self, job: ImageJob) -> None:
        if not self._is_promised(job):
            self._delete_objects(job)

    def _is_promised(self, job: ImageJob) -> bool:
        """Remove the record; with a key only if it is unchanged, because another request may know the job by now."""
        guard = Guard(frozenset(JobStatus), revision=0 if job.idempotency_key else None)
        return not self._repository.remove(job.id, guard) and self._repository.get(job.id) is not None
