"""Accepts images: the object is stored, the PENDING job recorded, the message pushed."""

from collections.abc import Sequence
from dataclasses import dataclass

from imagejobs.errors import DuplicateKey
from imagejobs.fail_points import reach
from imagejobs.jobs import transitions
from imagejobs.jobs.deletion import JobDeletion
from imagejobs.jobs.errors import IdempotencyKeyReused
from imagejobs.jobs.messages import JobMessages
from imagejobs.jobs.model import EntityType, ImageJob, JobStatus
from imagejobs.jobs.new_image import NewImage
from imagejobs.jobs.refused_uploads import RefusedUploads
from imagejobs.jobs.stores import Stores
from imagejobs.storage.keys import new_raw_key

INSERTS = 10
"""Tries to record a job under an idempotency key that other requests take and free at the same time."""


@dataclass(frozen=True, slots=True)
class NewJob:
    """An image and what it belongs to, before it is a job. `key` is its idempotency key."""

    entity_type: EntityType
    entity_id: str
    image: NewImage
    key: str | None

    def require_same(self, job: ImageJob) -> None:
        """Raise IdempotencyKeyReused if the job under this key is of another upload."""
        if (job.entity_type, job.entity_id, job.source_sha256) != (self.entity_type, self.entity_id, self.image.sha256):
            raise IdempotencyKeyReused(
                f"The Idempotency-Key was used for another upload (image job {job.id}); send a new key for a new image."
            )


class JobCreation:
    """Creates jobs. `refused` undoes what a refused request has stored."""

    def __init__(self, stores: Stores, messages: JobMessages, deletion: JobDeletion) -> None:
        self._repository = stores.repository
        self._storage = stores.storage
        self._messages = messages
        self._deletion = deletion
        self.refused = RefusedUploads(stores.repository, deletion.delete_objects)

    def create(
        self, entity_type: EntityType, entity_id: str, images: Sequence[NewImage], idempotency_key: str | None = None
    ) -> list[ImageJob]:
        """As ImageJobs.create."""
        keys = _keys(idempotency_key, len(images))
        wanted = [NewJob(entity_type, entity_id, image, key) for image, key in zip(images, keys, strict=True)]
        earlier = [self._created_under(each) for each in wanted]
        if earlier and all(earlier):
            return [job for job in earlier if job]
        can_push = self._messages.require_ready()
        jobs: list[ImageJob] = []
        added: list[ImageJob] = []
        try:
            for job, each in zip(earlier, wanted, strict=True):
                jobs.append(job or self._stored_once(each, can_push, added))
        except BaseException:
            self.refused.remove(added)
            raise
        reach("jobs.recorded")
        if can_push and added:
            pushed = {job.id: job for job in self._messages.push(added)}
            jobs = [pushed.get(job.id, job) for job in jobs]
        reach("jobs.pushed")
        return jobs

    def _created_under(self, wanted: NewJob) -> ImageJob | None:
        """The job of an earlier request with this key. From now on that request cannot remove it any more.

        A tombstone still holds the key: its deletion is finished. Raises IdempotencyKeyReused.
        """
        job = self._repository.find_by_idempotency_key(wanted.key) if wanted.key else None
        if job and job.status == JobStatus.DELETING:
            self._deletion.finish(job)
            return None
        job = self._repository.change(job.id, transitions.promise()) if job else None
        if job:
            wanted.require_same(job)
        return job

    def _stored_once(self, wanted: NewJob, can_push: bool, added: list[ImageJob]) -> ImageJob:
        """A new job, which is appended to `added`, or the job of another request with the same key."""
        for _ in range(INSERTS):
            try:
                added.append(self._store(wanted, can_push))
                return added[-1]
            except DuplicateKey:
                if job := self._created_under(wanted):
                    return job
        raise IdempotencyKeyReused("Other requests use and delete this Idempotency-Key at this moment; send a new key.")

    def _store(self, wanted: NewJob, can_push: bool) -> ImageJob:
        image = wanted.image
        now = self._repository.now()
        key = new_raw_key(int(now.timestamp() * 1000), image.extension)
        job = ImageJob(
            id=self._repository.new_id(),
            entity_type=wanted.entity_type,
            entity_id=wanted.entity_id,
            source_image_url=self._storage.public_url(key),
            source_image_key=key,
            original_filename=image.filename,
            mimetype=image.mimetype,
            file_size=image.size,
            source_sha256=image.sha256,
            idempotency_key=wanted.key,
            created_at=now,
            updated_at=now,
            enqueued_at=now if can_push else None,
        )
        image.file.seek(0)
        self._storage.put(key, image.file, image.size, image.mimetype)
        reach("jobs.stored")
        try:
            self._repository.insert(job)
        except BaseException:
            self.refused.remove([job])
            raise
        return job


def _keys(idempotency_key: str | None, count: int) -> list[str | None]:
    """One key an image. A client's own key has no blank, so these cannot collide with one."""
    if idempotency_key is None or count == 1:
        return [idempotency_key] * count
    return [f"{idempotency_key} {number}" for number in range(count)]
