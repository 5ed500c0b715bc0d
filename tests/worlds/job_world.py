"""Image jobs over adapters in memory. A test moves the clock, and can make each service unavailable."""

import hashlib
import io
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from imagejobs.conversion.sandbox.result import Picture, Result
from imagejobs.errors import DatabaseUnavailable
from imagejobs.jobs.attempts import JobAttempts
from imagejobs.jobs.deletion import JobDeletion
from imagejobs.jobs.messages import JobMessages
from imagejobs.jobs.model import EntityType, ImageJob, Output
from imagejobs.jobs.new_image import NewImage
from imagejobs.jobs.policy import JobPolicy
from imagejobs.jobs.records.memory import MemoryImageJobRepository
from imagejobs.jobs.records.port import ImageJobRepository
from imagejobs.jobs.repair import Repair, RepairPolicy
from imagejobs.jobs.service import ImageJobs
from imagejobs.jobs.stores import Stores
from imagejobs.jobs.upkeep.audit import Audit
from imagejobs.jobs.upkeep.sweep import Sweep, SweepPolicy
from imagejobs.storage.keys import output_key
from imagejobs.storage.memory import MemoryStorage
from imagejobs.storage.object_storage import ObjectInfo, ObjectStorage, StorageUnavailable
from imagejobs.task_queue.memory_task_queue import MemoryTaskQueue
from imagejobs.task_queue.message import UnknownTaskType, decode
from imagejobs.task_queue.task_queue import QueueUnavailable, TaskQueue
from imagejobs.testing.image_job_repository.samples import new_record as new_record  # noqa: PLC0414 - for tests
from imagejobs.testing.image_job_repository.samples import receipt as receipt  # noqa: PLC0414
from imagejobs.worker.job import Stored

PENDING_AFTER = timedelta(seconds=30)
LEASE = timedelta(seconds=20)
LEGACY_LEASE = timedelta(seconds=600)
MAX_ATTEMPTS = 3
ORPHAN_AFTER = timedelta(hours=24)
MILLISECOND = timedelta(milliseconds=1)


class Clock:
    """A wall clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.time = datetime(2024, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def advance(self, by: timedelta) -> None:
        """Move the clock forward."""
        self.time += by


class AwayStorage(MemoryStorage):
    """While `away` is set, every call raises StorageUnavailable. After `puts_left` more uploads it is set."""

    away = False
    puts_left: int | None = None

    def put(self, key: str, data: BinaryIO, size: int, content_type: str, cache_control: str = "") -> None:
        if self.puts_left is not None:
            self.away = self.puts_left == 0
            self.puts_left -= 1
        self._answer()
        super().put(key, data, size, content_type, cache_control)

    def get(self, key: str, max_bytes: int) -> bytes:
        self._answer()
        return super().get(key, max_bytes)

    def delete(self, key: str) -> None:
        self._answer()
        super().delete(key)

    def head(self, key: str) -> ObjectInfo:
        self._answer()
        return super().head(key)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        for info in super().list(prefix):
            self._answer()
            yield info

    def stored_keys(self) -> set[str]:
        """The keys of all objects, also while the storage is unavailable."""
        return {info.key for info in super().list("")}

    def _answer(self) -> None:
        if self.away:
            raise StorageUnavailable("Connection refused")


class AwayQueue(MemoryTaskQueue):
    """While `away` is set, `push` and `length` raise QueueUnavailable."""

    away = False

    def push(self, image_job_ids: Sequence[str]) -> None:
        self._answer()
        super().push(image_job_ids)

    def length(self) -> int:
        self._answer()
        return super().length()

    @property
    def job_ids(self) -> list[str]:
        """The job ids of the waiting messages, in the order of delivery; other services' messages are left out."""
        found = []
        for raw in self.messages:
            with suppress(UnknownTaskType):
                found.append(decode(raw).image_job_id)
        return found

    def _answer(self) -> None:
        if self.away:
            raise QueueUnavailable("Connection refused")


class AwayRepository(MemoryImageJobRepository):
    """`inserts_left` inserts succeed before the next one fails; while `away` is set, pings fail."""

    away = False
    inserts_left: int | None = None

    def insert(self, job: ImageJob) -> None:
        if self.inserts_left is not None:
            if self.inserts_left == 0:
                raise DatabaseUnavailable("not primary")
            self.inserts_left -= 1
        super().insert(job)

    def ping(self) -> None:
        if self.away:
            raise DatabaseUnavailable("not primary")

    def all(self) -> list[ImageJob]:
        """Every record, tombstones included."""
        return list(self._all())


@dataclass
class World:
    """The job services over adapters in memory, with one clock for all of them."""

    policy: JobPolicy = field(default_factory=JobPolicy)

    def __post_init__(self) -> None:
        self.clock = Clock()
        self.repository = AwayRepository(self.clock)
        self.storage = AwayStorage(clock=self.clock)
        self.queue = AwayQueue()
        self.wire(self.repository, self.storage, self.queue)

    def wire(self, repository: ImageJobRepository, storage: ObjectStorage, queue: TaskQueue) -> None:
        """Build the services over these adapters, for example over wrappers of the world's own."""
        self.stores = Stores(repository, storage, queue)
        self.jobs = ImageJobs(self.stores, self.policy)
        messages, deletion = JobMessages(self.stores, self.policy), JobDeletion(self.stores, self.policy)
        self.repair = Repair(self.stores, messages, deletion, RepairPolicy(PENDING_AFTER, LEGACY_LEASE, MAX_ATTEMPTS))
        self.sweep = Sweep(repository, storage, SweepPolicy(self.policy.output_prefix, ORPHAN_AFTER))
        self.audit = Audit(repository, storage)
        self.attempts = JobAttempts(self.stores, self.policy, self.repair, LEGACY_LEASE)

    def create(self, count: int = 1, key: str | None = None, body: bytes = b"picture") -> list[ImageJob]:
        """Create `count` jobs, with images of one event."""
        images = [new_image(body) for _ in range(count)]
        return self.jobs.create(EntityType.EVENT, "event-1", images, key)

    def created(self) -> ImageJob:
        """Create one PENDING job."""
        return self.create()[0]

    def claimed(self) -> ImageJob:
        """Create one job and claim it for LEASE."""
        return self.attempts.claim(self.created().id, LEASE.total_seconds())

    def output(self, job: ImageJob, body: bytes = b"smaller") -> Output:
        """Upload `body` under the job's output key. Returns what a worker then reports."""
        key = output_key(job.source_image_key, "optimized/")
        self.storage.put(key, io.BytesIO(body), len(body), "image/webp")
        return Output(key, receipt=receipt(len(body)))

    def now(self, job: ImageJob) -> ImageJob:
        """The job's current record."""
        found = self.repository.get(job.id)
        assert found is not None, f"job {job.id} does not exist"
        return found


def new_image(body: bytes = b"picture") -> NewImage:
    """An uploaded JPEG, as the API gives it to the job services."""
    return NewImage(io.BytesIO(body), len(body), hashlib.sha256(body).hexdigest(), "image/jpeg", "jpg", "photo.jpg")


STORED = Stored("optimized/1-optimized.webp", "https://pub.example/optimized/1-optimized.webp", 30, 20, 7)
"""The object in storage for the picture of `converted()`."""


def converted(*pictures: Picture) -> Result:
    """The result of a finished conversion, as a child process returns it."""
    return Result(pictures or (Picture(30, 20, b"smaller"),), receipt(7), "HkiKHAQPVViIOIiA", "#b0706f")
