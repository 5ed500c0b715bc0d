"""The records, times and keys that the suite uses."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from imagejobs.jobs.model import EntityType, ImageJob, JobStatus
from imagejobs.jobs.records.change import Guard
from imagejobs.jobs.records.port import ImageJobRepository

THREADS = 8
SECOND = timedelta(seconds=1)
ANY = Guard(frozenset(JobStatus))
PENDING = Guard(frozenset({JobStatus.PENDING}))
PROCESSING = Guard(frozenset({JobStatus.PROCESSING}))
MISSING_ID = "655501d2f12a3d0f3c5a1002"
MOMENT = datetime(2024, 1, 1, 12, 30, 15, 123_000, tzinfo=UTC)
SOURCE = "raw/1700000000000-0123456789ab.jpg"
START = "raw/1700000000000-0123456789ab."
OUTPUT = "optimized/1700000000000-0123456789ab-optimized.webp"
SMALL = "optimized/1700000000000-0123456789ab-optimized-480.webp"
RENDITIONS = [{"key": key, "url": "x", "width": 2, "height": 1, "bytes": 5} for key in (OUTPUT, SMALL)]
OTHERS = {"source_image_key": "raw/1700000000001-0123456789ab.jpg", "output_image_key": "optimized/x-optimized.webp"}


def receipt(size: int) -> dict[str, Any]:
    """A valid receipt with an output of `size` bytes."""
    facts = {"mimetype": "image/webp", "width": 2, "height": 1, "frames": 1, "sha256": "0" * 64}
    return {
        "source": {**facts, "mimetype": "image/jpeg", "bytes": 7},
        "output": {**facts, "bytes": size},
        "orientation": 1,
        "lossless": False,
        "quality": 80,
        "encoder": "ImageMagick",
        "durationMs": 3,
    }


def new_record(repository: ImageJobRepository, **fields: Any) -> ImageJob:
    """Insert a job record. Fields that are not given have the smallest valid value."""
    now = repository.now()
    least: dict[str, Any] = {
        "id": repository.new_id(),
        "entity_type": EntityType.EVENT,
        "entity_id": "event-1",
        "source_image_url": "http://storage.invalid/raw/1700000000000-0123456789ab.jpg",
        "source_image_key": "raw/1700000000000-0123456789ab.jpg",
        "created_at": now,
        "updated_at": now,
    }
    job = ImageJob(**(least | fields))
    repository.insert(job)
    return job


def ids(jobs: Iterable[ImageJob]) -> list[str]:
    """The ids of these jobs."""
    return [job.id for job in jobs]


FULL: dict[str, Any] = {
    "entity_type": EntityType.REPORT,
    "entity_id": "report/Übersicht",
    "source_image_url": "http://storage.invalid/raw/1.jpg",
    "source_image_key": "raw/1.jpg",
    "output_image_url": "http://storage.invalid/optimized/1-optimized.webp",
    "output_image_key": "optimized/1-optimized.webp",
    "status": JobStatus.COMPLETED,
    "error_msg": "an error",
    "error_code": "corrupt",
    "retryable": False,
    "original_filename": "Foto 1.jpg",
    "mimetype": "image/jpeg",
    "file_size": 3_000_000_000,
    "created_at": MOMENT,
    "updated_at": MOMENT + SECOND,
    "processed_at": MOMENT + 2 * SECOND,
    "enqueued_at": MOMENT + 3 * SECOND,
    "started_at": MOMENT + 4 * SECOND,
    "lease_until": MOMENT + 5 * SECOND,
    "attempt": 3,
    "lost_leases": 2,
    "revision": 7,
    "renditions": [{"key": "optimized/1-optimized.webp", "url": "http://x", "width": 2, "height": 1, "bytes": 5}],
    "thumb_hash": "HkiKHAQPVViIOIiA",
    "dominant_color": "#b0706f",
    "receipt": receipt(5),
    "source_sha256": "ab" * 32,
    "idempotency_key": "key-1",
}
