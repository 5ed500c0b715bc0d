"""Uploads that were refused after something of them had been stored."""

import logging
from collections import deque
from collections.abc import Callable, Sequence

from imagejobs.errors import DatabaseUnavailable
from imagejobs.jobs.model import ImageJob, JobStatus
from imagejobs.jobs.repository import Guard, ImageJobRepository
from imagejobs.storage.object_storage import StorageUnavailable

logger = logging.getLogger(__name__)


class RefusedUploads:
    """Takes them back: records, then objects. What a service that is away prevents waits in `unsettled`."""

    def __init__(self, repository: ImageJobRepository, delete_objects: Callable[[ImageJob], None]) -> None:
        self._repository = repository
        self._delete_objects = delete_objects
        self.unsettled: deque[ImageJob] = deque()

    def take_back(self, jobs: Sequence[ImageJob]) -> None:
        """Undo what can be undone now. A record that may exist keeps its object.

        A slow upload's first job may be at work already, pushed by a reconciler: it is refused like the others.
        """
        for job in jobs:
            try:
                if not self._is_promised(job):
                    self._delete_objects(job)
            except (DatabaseUnavailable, StorageUnavailable) as error:
                logger.warning("upload %s was refused and is yet to be undone: %s", job.source_image_key, error)
                self.unsettled.append(job)

    def try_again(self) -> None:
        """Try once more what could not be undone before."""
        for _ in range(len(self.unsettled)):
            self.take_back([self.unsettled.popleft()])

    def _is_promised(self, job: ImageJob) -> bool:
        """Remove the record, unless another request under its key was told of it meanwhile."""
        guard = Guard(frozenset(JobStatus), revision=0 if job.idempotency_key else None)
        return not self._repository.remove(job.id, guard) and self._repository.get(job.id) is not None
