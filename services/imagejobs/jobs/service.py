"""What clients do with image jobs: create, look, retry, delete."""

from collections.abc import Sequence

from imagejobs.fail_points import reach
from imagejobs.jobs import transitions
from imagejobs.jobs.creation import JobCreation
from imagejobs.jobs.deletion import JobDeletion
from imagejobs.jobs.errors import IllegalTransition
from imagejobs.jobs.messages import JobMessages
from imagejobs.jobs.model import EntityType, ImageJob, JobStatus
from imagejobs.jobs.new_image import NewImage
from imagejobs.jobs.policy import JobPolicy
from imagejobs.jobs.records.cursor import first_page
from imagejobs.jobs.records.port import JobFilter
from imagejobs.jobs.stores import Stores


class ImageJobs:
    """The use cases of clients. `refused` undoes refused uploads, for callers that refuse a request afterwards."""

    def __init__(self, stores: Stores, policy: JobPolicy) -> None:
        self._stores = stores
        self._repository = stores.repository
        self._messages = JobMessages(stores, policy)
        self._deletion = JobDeletion(stores, policy)
        self._creation = JobCreation(stores, self._messages, self._deletion)
        self.refused = self._creation.refused

    def create(
        self, entity_type: EntityType, entity_id: str, images: Sequence[NewImage], idempotency_key: str | None = None
    ) -> list[ImageJob]:
        """Store each image, record its PENDING job, then push the messages.

        Jobs that an earlier request created under the same idempotency key are returned again. With several images,
        each has a key of its own, made of the request's key and the image's place.

        Once this returns, every job ends COMPLETED or FAILED, whatever dies. A job without `enqueued_at` waits until
        Redis is back and the reconciler pushes its message. If this raises, nothing is left behind, or `refused`
        removes it later; the sweep finds a leftover object in any case. Raises IdempotencyKeyReused, QueueFull,
        BackingServiceUnavailable.
        """
        return self._creation.create(entity_type, entity_id, images, idempotency_key)

    def get(self, job_id: str) -> ImageJob:
        """Return the job. Raises JobNotFound, also while it is being deleted."""
        return self._stores.job(job_id)

    def page(self, wanted: JobFilter, limit: int) -> tuple[Sequence[ImageJob], str | None]:
        """A page of jobs, newest first, and the cursor of the next page, if there is one."""
        return first_page(self._repository.page(wanted, limit + 1), limit)

    def of_entities(self, entity_type: EntityType, entity_ids: Sequence[str]) -> Sequence[ImageJob]:
        """Every job of these entities, oldest first, without tombstones."""
        return self._repository.of_entities(entity_type, entity_ids)

    def retry(self, job_id: str) -> ImageJob:
        """Put a FAILED job back to PENDING and push its message.

        Raises JobNotFound, IllegalTransition, QueueFull, BackingServiceUnavailable.
        """
        can_push = self._messages.require_ready()
        job = self._repository.change(job_id, transitions.retry(self._repository.now(), is_pushed=can_push))
        if job is None:
            raise IllegalTransition(self.get(job_id), JobStatus.PENDING)
        reach("jobs.retried")
        return self._messages.push([job])[0] if can_push else job

    def delete(self, job_id: str) -> None:
        """Delete the objects, then the record, as JobDeletion does. Raises JobNotFound, BackingServiceUnavailable."""
        self._deletion.delete(job_id)

    def delete_all(self, entity_type: EntityType, entity_id: str) -> None:
        """Delete every job of an entity. Raises BackingServiceUnavailable."""
        self._deletion.delete_all(entity_type, entity_id)
