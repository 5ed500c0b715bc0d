"""Where image jobs are kept: their records, their objects, and the messages about them."""

from dataclasses import dataclass

from imagejobs.jobs.errors import JobNotFound
from imagejobs.jobs.model import ImageJob, JobStatus
from imagejobs.jobs.records.port import ImageJobRepository
from imagejobs.storage.object_storage import ObjectStorage
from imagejobs.task_queue.task_queue import TaskQueue


@dataclass(frozen=True, slots=True)
class Stores:
    """The three ports that every use case of jobs works on."""

    repository: ImageJobRepository
    storage: ObjectStorage
    queue: TaskQueue

    def job(self, job_id: str) -> ImageJob:
        """Return the job. Raises JobNotFound, also for a tombstone."""
        job = self.repository.get(job_id)
        if job is None or job.status == JobStatus.DELETING:
            raise JobNotFound(job_id)
        return job
