"""What was refused after something of it had been stored."""

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
    """Takes them back: records, then objects. What a service that is unavailable prevents waits in `unsettled`."""

    def __init__(self, repository: ImageJobRepository, delete_objects: Callable[[ImageJob], None]) -> None:
        self._repository = repository
        self._delete_objects = delete_objects
        self.unsettled: deque[tuple[str, Callable[[], None]]] = deque()

    def take_back(self, jobs: Sequence[ImageJob]) -> None:
        """Undo what can be undone now. A record that may exist keeps its object.

        A slow upload's first job may be at work already, pushed by a reconciler: it is refused like the others.
        """
        for job in jobs:
            self.undo(f"upload {job.source_image_key}", partial(self._remove, job))

    def undo(self, refused: str, undo: Callable[[], None]) -> None:
        """Do what undoes this, now or later; it may be done more than once."""
        try:
            undo()
        except (DatabaseUnavailable, StorageUnavailable) as error:
            logger.warning("%s was refused and is yet to be undone: %s", refused, error)
            self.unsettled.append((refused, undo))

    def try_again(self) -> None:
        """Try once more to undo what waits longest."""
        self.undo(*self.unsettled.popleft())

    def _remove(self, job: ImageJob) -> None:
        if not self._is_promised(job):
            self._delete_objects(job)

    def _is_promised(self, job: ImageJob) -> bool:
        """Remove the record, unless another request under its key was told of it meanwhile."""
        guard = Guard(frozenset(JobStatus), revision=0 if job.idempotency_key else None)
        return not self._repository.remove(job.id, guard) and self._repository.get(job.id) is not None
