"""Our queue adapter and worker with the existing backend. Our API does not run."""

import io
import re
from collections.abc import Iterator
from datetime import datetime

import pytest
from backing import Backing
from bson import ObjectId
from interop.legacy_programs import Document, LegacyBackend
from interop.our_programs import is_idle, ours
from interop.published import served_size
from pictures import jpeg
from pymongo.collection import Collection
from redis import Redis
from running_system import System, eventually

RECORD = {
    "_id", "entityType", "entityId", "sourceImageURL", "sourceImageKey", "status", "errorMsg", "originalFilename",
    "mimetype", "fileSize", "createdAt", "updatedAt", "__v",
}  # fmt: skip
"""The fields of a PENDING record."""


@pytest.fixture(scope="module")
def consumer(
    legacy_backend: LegacyBackend, backing: Backing, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    """Our queue adapter and worker. The system's client sends its requests to the existing backend."""
    directory = tmp_path_factory.mktemp("consumer")
    with ours(backing, directory, "queue-adapter", "worker", API_URL=legacy_backend.url) as started:
        yield started.system


@pytest.fixture
def backend(legacy_backend: LegacyBackend) -> Iterator[LegacyBackend]:
    """The running backend; no request fails."""
    legacy_backend.start_answering()
    yield legacy_backend
    legacy_backend.kill()


def test_the_backends_event_shows_what_our_worker_made(
    backend: LegacyBackend, consumer: System, records: Collection[Document]
) -> None:
    event = consumer.create_event(("a.jpg", jpeg()), ("b.jpg", jpeg()))

    jobs = [ended(records, job_id) for job_id in event["imageJobIds"]]

    for job in jobs:
        stem = job["sourceImageKey"].removeprefix("raw/").removesuffix(".jpg")
        assert (job["status"], job["errorMsg"]) == ("COMPLETED", "")
        assert job.keys() == RECORD | {"outputImageURL", "outputImageKey", "processedAt"}
        assert job["outputImageKey"] == f"optimized/{stem}-optimized.webp"
        assert job["outputImageURL"] == consumer.storage.public_url(job["outputImageKey"])
        assert isinstance(job["processedAt"], datetime)
        assert job["processedAt"] >= job["createdAt"]
        assert served_size(job["outputImageURL"]) == (640, 480)
        eventually(lambda job=job: backend.statuses(str(job["_id"])) == ["PROCESSING", "COMPLETED"])
    shown = consumer.http.get(f"/api/events/{event['_id']}").json()["data"]["images"]
    assert [(image["id"], image["url"]) for image in shown] == [
        (str(job["_id"]), job["outputImageURL"]) for job in jobs
    ]


def test_a_damaged_image_is_failed_with_a_message_and_a_retry_is_done(
    backend: LegacyBackend, consumer: System, records: Collection[Document]
) -> None:
    (job_id,) = consumer.create_event(("damaged.jpg", b"no image at all"))["imageJobIds"]

    job = ended(records, job_id)

    assert job["status"] == "FAILED"
    assert re.match(r"Failed to process image: \w", job["errorMsg"])
    assert job.keys() == RECORD | {"processedAt"}
    eventually(lambda: backend.statuses(job_id) == ["PROCESSING", "FAILED"])

    content = jpeg()
    consumer.storage.put(job["sourceImageKey"], io.BytesIO(content), len(content), "image/jpeg")
    assert consumer.http.post(f"/api/image-jobs/{job_id}/retry").json()["data"]["status"] == "PENDING"
    assert eventually(lambda: records.find_one({"_id": job["_id"], "status": "COMPLETED"}))


def test_a_record_without_a_source_key_is_found_by_its_public_address(
    backend: LegacyBackend, consumer: System, records: Collection[Document]
) -> None:
    job = template(consumer, records)
    del job["sourceImageKey"]
    records.insert_one(job)

    push(consumer.redis, job)

    assert ended(records, job["_id"])["status"] == "COMPLETED"
    eventually(lambda: backend.statuses(str(job["_id"])) == ["PROCESSING", "COMPLETED"])


def test_a_record_with_a_foreign_address_fails_without_a_request(
    backend: LegacyBackend, consumer: System, records: Collection[Document]
) -> None:
    job = template(consumer, records) | {"sourceImageURL": f"{backend.url}/raw/secret.jpg"}
    del job["sourceImageKey"]
    records.insert_one(job)

    push(consumer.redis, job)

    failed = ended(records, job["_id"])
    assert (failed["status"], "not an object under raw/" in failed["errorMsg"]) == ("FAILED", True)
    assert not backend.did(method="GET", path="/raw/secret.jpg")


def test_a_message_for_a_deleted_job_is_dropped(backend: LegacyBackend, consumer: System) -> None:
    job_id = str(ObjectId())

    push(consumer.redis, {"_id": job_id})

    eventually(lambda: backend.asked(job_id) and is_idle(consumer.redis))
    assert backend.asked(job_id) == 1
    assert backend.statuses(job_id) == []


def test_a_completed_job_is_not_converted_again(
    backend: LegacyBackend, consumer: System, records: Collection[Document]
) -> None:
    (job_id,) = consumer.create_event(("once.jpg", jpeg()))["imageJobIds"]
    before = ended(records, job_id)
    made = consumer.storage.head(before["outputImageKey"])
    asked = backend.asked(job_id)

    push(consumer.redis, before)

    eventually(lambda: backend.asked(job_id) > asked and is_idle(consumer.redis))
    eventually(lambda: backend.statuses(job_id) == ["PROCESSING", "COMPLETED"])
    assert records.find_one({"_id": before["_id"]}) == before
    assert consumer.storage.head(before["outputImageKey"]) == made


def ended(records: Collection[Document], job_id: str | ObjectId) -> Document:
    """Wait until the record is COMPLETED or FAILED, and return it."""
    return eventually(
        lambda: records.find_one({"_id": ObjectId(job_id), "status": {"$in": ["COMPLETED", "FAILED"]}}) or {}
    )


def template(consumer: System, records: Collection[Document]) -> Document:
    """A new PENDING record whose source exists in the storage."""
    (job_id,) = consumer.create_event(("source.jpg", jpeg()))["imageJobIds"]
    made = ended(records, job_id)
    return {name: made[name] for name in RECORD} | {"_id": ObjectId(), "status": "PENDING"}


def push(redis: Redis, job: Document) -> None:
    """Push the job's message, in the guide's format, once more."""
    redis.lpush("task_queue", f'{{"task_type":"process_image","payload":{{"imageJobID":"{job["_id"]}"}}}}')
