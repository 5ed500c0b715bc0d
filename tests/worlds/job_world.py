"""Image jobs over adapters in memory, whose clock stands still and whose services can be taken away."""

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
from imagejobs.jobs.model import EntityType, ImageJob, Output
from imagejobs.jobs.new_image import NewImage
from imagejobs.jobs.records.memory import MemoryImageJobRepository
from imagejobs.jobs.records.port import ImageJobRepository
from imagejobs.jobs.repair import Repair, RepairPolicy
from imagejobs.jobs.service import ImageJobs, JobPolicy
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
    """A clock that goes on only when told."""

    def __init__(self) -> None:
        self.time = datetime(2024, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def advance(self, by: timedelta) -> None:
        """Let this much time pass."""
        self.time += by


class AwayStorage(MemoryStorage):
    """While `away`, each call fails; `puts_left` says how many uploads succeed before it goes away."""

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
        """The keys of everything that is stored."""
        return {info.key for info in super().list("")}

    def _answer(self) -> None:
        if self.away:
            raise StorageUnavailable("Connection refused")


class AwayQueue(MemoryTaskQueue):
    """While `away`, each call fails."""

    away = False

    def push(self, image_job_ids: Sequence[str]) -> None:
        self._answer()
        super().push(image_job_ids)

    def length(self) -> int:
        self._answer()
        return super().length()

    @property
    def job_ids(self) -> list[str]:
        """The jobs of the messages, the next one first; messages for other workers are left out."""
        found = []
        for raw in self.messages:
            with suppress(UnknownTaskType):
                found.append(decode(raw).image_job_id)
        return found

    def _answer(self) -> None:
        if self.away:
            raise QueueUnavailable("Connection refused")


class AwayRepository(MemoryImageJobRepository):
    """`inserts_left` says how many records are taken before it goes away; `away` fails pings and removals too."""

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
    """The services over their adapters in memory."""

    policy: JobPolicy = field(default_factory=JobPolicy)

    def __post_init__(self) -> None:
        self.clock = Clock()
        self.repository = AwayRepository(self.clock)
        self.storage = AwayStorage(clock=self.clock)
        self.queue = AwayQueue()
        self.wire(self.repository, self.storage, self.queue)

    def wire(self, repository: ImageJobRepository, storage: ObjectStorage, queue: TaskQueue) -> None:
        """Make the services over these adapters, which may be others that stand before the world's own."""
        self.jobs = ImageJobs(repository, storage, queue, self.policy)
        self.repair = Repair(self.jobs, RepairPolicy(PENDING_AFTER, LEGACY_LEASE, MAX_ATTEMPTS))
        self.sweep = Sweep(repository, storage, SweepPolicy(self.policy.output_prefix, ORPHAN_AFTER))
        self.audit = Audit(repository, storage)
        self.attempts = JobAttempts(self.jobs, self.repair, LEGACY_LEASE)

    def create(self, count: int = 1, key: str | None = None, body: bytes = b"picture") -> list[ImageJob]:
        """Accept `count` images of one event."""
        images = [new_image(body) for _ in range(count)]
        return self.jobs.create(EntityType.EVENT, "event-1", images, key)

    def created(self) -> ImageJob:
        """One accepted job."""
        return self.create()[0]

    def claimed(self) -> ImageJob:
        """One job that a worker of ours holds, for LEASE."""
        return self.attempts.claim(self.created().id, LEASE.total_seconds())

    def output(self, job: ImageJob, body: bytes = b"smaller") -> Output:
        """What a worker says after it has uploaded `body` under the job's own key."""
        key = output_key(job.source_image_key, "optimized/")
        self.storage.put(key, io.BytesIO(body), len(body), "image/webp")
        return Output(key, receipt=receipt(len(body)))

    def now(self, job: ImageJob) -> ImageJob:
        """The record as it is now."""
        found = self.repository.get(job.id)
        assert found is not None, f"there is no record {job.id}"
        return found


def new_image(body: bytes = b"picture") -> NewImage:
    """An upload as the API hands it on."""
    return NewImage(io.BytesIO(body), len(body), hashlib.sha256(body).hexdigest(), "image/jpeg", "jpg", "photo.jpg")


STORED = Stored("optimized/1-optimized.webp", "https://pub.example/optimized/1-optimized.webp", 30, 20, 7)
"""What `converted` is when it lies in storage."""


def converted(*pictures: Picture) -> Result:
    """A finished conversion, as a child process hands it on."""
    return Result(pictures or (Picture(30, 20, b"smaller"),), receipt(7), "HkiKHAQPVViIOIiA", "#b0706f")
