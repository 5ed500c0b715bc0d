"""Deletes jobs: tombstone, objects, record. Every step may be repeated."""

from dataclasses import replace

from imagejobs.fail_points import reach
from imagejobs.jobs import transitions
from imagejobs.jobs.errors import JobNotFound
from imagejobs.jobs.model import EntityType, ImageJob, JobStatus
from imagejobs.jobs.outputs import keys_of
from imagejobs.jobs.policy import JobPolicy
from imagejobs.jobs.records.change import Guard
from imagejobs.jobs.records.port import JobFilter
from imagejobs.jobs.stores import Stores

PAGE = 100
"""Jobs of an entity that are in memory at once while all of them are deleted."""


class JobDeletion:
    """Writes the tombstone first: from then on no worker can claim or complete the job.

    If the storage is unavailable the tombstone stays. Deleting again, or the reconciler, finishes the deletion.
    """

    def __init__(self, stores: Stores, policy: JobPolicy) -> None:
        self._repository = stores.repository
        self._storage = stores.storage
        self._policy = policy

    def delete(self, job_id: str) -> None:
        """Delete the objects of a job, then its record. Raises JobNotFound."""
        job = self._mark_deleted(job_id) or self._repository.get(job_id)
        if job is None:
            raise JobNotFound(job_id)
        reach("jobs.marked_deleted")
        self.finish(job)

    def delete_all(self, entity_type: EntityType, entity_id: str) -> None:
        """Delete every job of an entity. All tombstones are written before the first object is deleted."""
        every = JobFilter(entity_type, entity_id)
        while page := self._repository.page(every, PAGE):
            for job in page:
                self._mark_deleted(job.id)
        reach("jobs.all_marked_deleted")
        while page := self._repository.page(replace(every, status=JobStatus.DELETING), PAGE):
            for job in page:
                self.finish(job)

    def finish(self, tombstone: ImageJob) -> None:
        """Delete the source, the outputs and the record of a job whose tombstone is written."""
        self.delete_objects(tombstone)
        reach("jobs.objects_deleted")
        self._repository.remove(tombstone.id, Guard(transitions.DELETING))

    def delete_objects(self, job: ImageJob) -> None:
        """Delete the source and every output that the job has or may have."""
        for key in keys_of(job, self._policy.output_prefix, self._policy.renditions):
            self._storage.delete(key)

    def _mark_deleted(self, job_id: str) -> ImageJob | None:
        return self._repository.change(job_id, transitions.mark_deleted(self._repository.now()))
