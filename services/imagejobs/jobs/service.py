"""What clients do with image jobs: create, look, retry, delete."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from imagejobs.errors import DatabaseUnavailable, DuplicateKey
from imagejobs.fail_points import reach
from imagejobs.jobs import transitions
from imagejobs.jobs.errors import IdempotencyKeyReused, IllegalTransition, JobNotFound, QueueFull
from imagejobs.jobs.model import EntityType, ImageJob, JobStatus
from imagejobs.jobs.new_image import NewImage
from imagejobs.jobs.outputs import keys_of
from imagejobs.jobs.records.change import Guard
from imagejobs.jobs.records.port import ImageJobRepository, JobFilter
from imagejobs.jobs.refused_uploads import RefusedUploads
from imagejobs.storage.keys import new_raw_key
from imagejobs.storage.object_storage import ObjectStorage
from imagejobs.task_queue.task_queue import QueueUnavailable, TaskQueue

logger = logging.getLogger(__name__)

PAGE = 100
"""Jobs of an entity that are held at once while all of them are deleted."""


@dataclass(frozen=True, slots=True)
class JobPolicy:
    """The rules that settings change. See docs/reference/settings.md."""

    output_prefix: str = "optimized/"
    renditions: tuple[int, ...] = ()
    max_queue_length: int = 100_000
    accept_without_queue: bool = True
    check_legacy_output: bool = False


class ImageJobs:
    """Image jobs over a repository, a storage and a task queue."""

    def __init__(
        self,
        repository: ImageJobRepository,
        storage: ObjectStorage,
        queue: TaskQueue,
        policy: JobPolicy | None = None,
    ) -> None:
        self.repository = repository
        self.storage = storage
        self.queue = queue
        self.policy = policy or JobPolicy()
        self.refused = RefusedUploads(repository, self._delete_objects)

    def create(
        self,
        entity_type: EntityType,
        entity_id: str,
        images: Sequence[NewImage],
        idempotency_key: str | None = None,
    ) -> list[ImageJob]:
        """Store each image, record its PENDING job, then push the messages.

        What an idempotency key created before is answered again; with several images each has a key of its own, made
        of it and the image's place.

        Once this returns, every job ends COMPLETED or FAILED, whatever dies. Without `enqueued_at` it waits for Redis
        to come back, and for the reconciler. When it raises, nothing is left behind, or `refused` removes it; an
        object is found by the sweep in any case. Raises IdempotencyKeyReused, QueueFull, BackingServiceUnavailable.
        """
        wanted = [
            _Wanted(entity_type, entity_id, image, key)
            for image, key in zip(images, _keys(idempotency_key, len(images)), strict=True)
        ]
        earlier = [self._created_under(each) for each in wanted]
        if earlier and all(earlier):
            return [job for job in earlier if job]
        enqueues = self.require_ready()
        jobs: list[ImageJob] = []
        added: list[ImageJob] = []
        try:
            for job, each in zip(earlier, wanted, strict=True):
                jobs.append(job or self._stored_once(each, enqueues, added))
        except BaseException:
            self.refused.take_back(added)
            raise
        reach("jobs.recorded")
        if enqueues and added:
            pushed = {job.id: job for job in self.push(added)}
            jobs = [pushed.get(job.id, job) for job in jobs]
        reach("jobs.pushed")
        return jobs

    def get(self, job_id: str) -> ImageJob:
        """The job. Raises JobNotFound, also while it is being deleted."""
        job = self.repository.get(job_id)
        if job is None or job.status == JobStatus.DELETING:
            raise JobNotFound(job_id)
        return job

    def page(self, wanted: JobFilter, limit: int) -> tuple[Sequence[ImageJob], str | None]:
        """A page of jobs, newest first, and the id to go on from, if there are more."""
        page = self.repository.page(wanted, limit + 1)
        return page[:limit], page[limit - 1].id if len(page) > limit else None

    def retry(self, job_id: str) -> ImageJob:
        """Put a FAILED job back to PENDING and push it. Raises JobNotFound, IllegalTransition."""
        enqueues = self.require_ready()
        job = self.repository.change(job_id, transitions.retry(self.repository.now(), is_pushed=enqueues))
        if job is None:
            raise IllegalTransition(self.get(job_id), JobStatus.PENDING)
        reach("jobs.retried")
        return self.push([job])[0] if enqueues else job

    def delete(self, job_id: str) -> None:
        """Delete the objects, then the record. Raises JobNotFound.

        The tombstone is written first: from then on no worker can claim or complete the job. When the storage is
        unavailable the tombstone stays, and deleting again, or the reconciler, finishes it.
        """
        job = self._buried(job_id) or self.repository.get(job_id)
        if job is None:
            raise JobNotFound(job_id)
        reach("jobs.buried")
        self.finish_deletion(job)

    def delete_all(self, entity_type: EntityType, entity_id: str) -> None:
        """Delete every job of an entity as `delete` does, all tombstones before the first object."""
        every = JobFilter(entity_type, entity_id)
        while page := self.repository.page(every, PAGE):
            for job in page:
                self._buried(job.id)
        reach("jobs.all_buried")
        while page := self.repository.page(replace(every, status=JobStatus.DELETING), PAGE):
            for job in page:
                self.finish_deletion(job)

    def finish_deletion(self, job: ImageJob) -> None:
        """Remove what a tombstone still holds: source, output, record."""
        self._delete_objects(job)
        reach("jobs.objects_deleted")
        self.repository.remove(job.id, Guard(frozenset({JobStatus.DELETING})))

    def push(self, jobs: Sequence[ImageJob]) -> list[ImageJob]:
        """Push messages; when Redis is unavailable the jobs stay PENDING and the reconciler pushes them later."""
        try:
            self.queue.push([job.id for job in jobs])
        except QueueUnavailable as error:
            logger.debug("%s; %d accepted job(s) stay PENDING for the reconciler", error, len(jobs))
            return [self._unqueued(job) for job in jobs]
        return list(jobs)

    def require_ready(self) -> bool:
        """Refuse what could not be carried out, before anything is stored; whether there is a queue to push to."""
        self.repository.ping()
        try:
            length = self.queue.length()
        except QueueUnavailable as error:
            if not self.policy.accept_without_queue:
                raise
            logger.debug("%s; what is accepted stays PENDING for the reconciler", error)
            return False
        if length >= self.policy.max_queue_length:
            raise QueueFull(length, self.policy.max_queue_length)
        return True

    def _buried(self, job_id: str) -> ImageJob | None:
        return self.repository.change(job_id, transitions.mark_deleted(self.repository.now()))

    def _created_under(self, wanted: "_Wanted") -> ImageJob | None:
        """The job of an earlier request with this key, which from now on nobody takes back.

        A tombstone still holds the key: its deletion is finished. Raises IdempotencyKeyReused.
        """
        job = self.repository.find_by_idempotency_key(wanted.key) if wanted.key else None
        if job and job.status == JobStatus.DELETING:
            self.finish_deletion(job)
            return None
        job = self.repository.change(job.id, transitions.promise()) if job else None
        if job:
            wanted.require_same(job)
        return job

    def _stored_once(self, wanted: "_Wanted", enqueues: bool, added: list[ImageJob]) -> ImageJob:
        """A new job, which is put on the list `added`; or that of another request under the same key."""
        while True:
            try:
                added.append(self._store(wanted, enqueues))
                return added[-1]
            except DuplicateKey:
                if job := self._created_under(wanted):
                    return job

    def _store(self, wanted: "_Wanted", enqueues: bool) -> ImageJob:
        image = wanted.image
        now = self.repository.now()
        key = new_raw_key(int(now.timestamp() * 1000), image.extension)
        job = ImageJob(
            id=self.repository.new_id(),
            entity_type=wanted.entity_type,
            entity_id=wanted.entity_id,
            source_image_url=self.storage.public_url(key),
            source_image_key=key,
            original_filename=image.filename,
            mimetype=image.mimetype,
            file_size=image.size,
            source_sha256=image.sha256,
            idempotency_key=wanted.key,
            created_at=now,
            updated_at=now,
            enqueued_at=now if enqueues else None,
        )
        image.file.seek(0)
        self.storage.put(key, image.file, image.size, image.mimetype)
        reach("jobs.stored")
        try:
            self.repository.insert(job)
        except BaseException:
            self.refused.take_back([job])
            raise
        return job

    def _unqueued(self, job: ImageJob) -> ImageJob:
        """The job marked as one that has no message, for the reconciler's next pass."""
        try:
            self.repository.change(job.id, transitions.mark_unpushed())
        except DatabaseUnavailable as error:
            logger.warning("job %s could not be marked as not queued: %s", job.id, error)
        return replace(job, enqueued_at=None)

    def _delete_objects(self, job: ImageJob) -> None:
        for key in keys_of(job, self.policy.output_prefix, self.policy.renditions):
            self.storage.delete(key)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """An image that is to become a job."""

    entity_type: EntityType
    entity_id: str
    image: NewImage
    key: str | None

    def require_same(self, job: ImageJob) -> None:
        if (job.entity_type, job.entity_id, job.source_sha256) != (self.entity_type, self.entity_id, self.image.sha256):
            raise IdempotencyKeyReused(
                f"The Idempotency-Key was used for another upload (image job {job.id}); send a new key for a new image."
            )


def _keys(idempotency_key: str | None, count: int) -> list[str | None]:
    """No client's own key has a blank in it."""
    if idempotency_key is None or count == 1:
        return [idempotency_key] * count
    return [f"{idempotency_key} {number}" for number in range(count)]
