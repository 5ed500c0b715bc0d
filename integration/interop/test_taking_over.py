"""Our API and worker replace the existing backend and worker, and continue on their records."""

import io
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from backing import Backing
from bson import ObjectId
from interop.legacy_programs import Document, LegacyBackend, LegacyWorker
from interop.our_programs import ours
from interop.published import served_size
from pictures import jpeg
from pymongo.collection import Collection
from redis import Redis
from running_system import System, eventually

UNKNOWN = {"uploadedBy": ObjectId(), "reviewedAt": datetime(2024, 1, 1, tzinfo=UTC), "tags": [ObjectId(), "hall"]}
"""Fields that only the existing system uses."""


@dataclass(frozen=True, slots=True)
class Left:
    """What the existing system left: its last answers, and one job's id for each status."""

    event: dict[str, Any]
    jobs: list[dict[str, Any]]
    ids: dict[str, str]


@pytest.fixture(scope="module")
def left(
    legacy_backend: LegacyBackend,
    backing: Backing,
    records: Collection[Document],
    tmp_path_factory: pytest.TempPathFactory,
) -> Left:
    """One job in each status. The PENDING job has lost its message, the PROCESSING job its worker."""
    worker = LegacyWorker(
        backing.environment() | {"API_URL": legacy_backend.url}, tmp_path_factory.mktemp("legacy-worker")
    )
    legacy_backend.start_answering()
    with ExitStack() as stack, httpx2.Client(base_url=legacy_backend.url) as http:
        stack.callback(legacy_backend.kill)
        stack.callback(worker.kill)
        redis = stack.enter_context(Redis.from_url(backing.redis_uri))
        system = System(http, redis, backing.s3.storage(backing.bucket), lambda _: legacy_backend.process.pid)
        worker.start()
        event = system.create_event(("good.jpg", jpeg()), ("bad.jpg", b"no image at all"))
        good, bad = event["imageJobIds"]
        ids = {system.ended(good)["status"]: good, system.ended(bad)["status"]: bad}
        worker.kill()
        (ids["PROCESSING"],) = system.create_event(("begun.jpg", jpeg()))["imageJobIds"]
        worker.start("--seconds-per-image=600")
        eventually(lambda: system.job(ids["PROCESSING"])["status"] == "PROCESSING")
        worker.kill()
        (ids["PENDING"],) = system.create_event(("lost.jpg", jpeg()))["imageJobIds"]
        redis.delete("task_queue")
        for record in records.find():
            records.replace_one({"_id": record["_id"]}, record | UNKNOWN)
        jobs = [{name: job[name] for name in job.keys() - UNKNOWN.keys()} for job in map(system.job, ids.values())]
        return Left(http.get(f"/api/events/{event['_id']}").json()["data"], jobs, ids)


@pytest.fixture(scope="module")
def api(left: Left, backing: Backing, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:  # noqa: ARG001 - our API starts after the existing one has stopped
    """Our API on the same records."""
    with ours(backing, tmp_path_factory.mktemp("api"), "api", "indexes") as started:
        eventually(lambda: "ready" in started.programs["indexes"].output.read_text())
        yield started.system


@pytest.fixture(scope="module")
def others(api: System, backing: Backing, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The same API with our other processes."""
    settings = {"API_URL": str(api.http.base_url), "LEGACY_LEASE_SECONDS": "3"}
    with ours(backing, tmp_path_factory.mktemp("others"), "reconciler", "queue-adapter", "worker", **settings):
        yield api


def test_every_job_is_shown_as_it_was(left: Left, api: System) -> None:
    assert {job["status"] for job in left.jobs} == {"PENDING", "PROCESSING", "COMPLETED", "FAILED"}
    for job in left.jobs:
        assert job.items() - api.job(job["_id"]).items() == {("__v", 0)}
    listed = api.http.get("/api/image-jobs", params={"entityType": "event", "entityId": left.event["_id"]})
    assert [job["_id"] for job in listed.json()["data"]] == left.event["imageJobIds"][::-1]
    by_status = api.http.get("/api/image-jobs/stats").json()["data"]["byStatus"]
    assert by_status == dict.fromkeys(left.ids, 1)


def test_the_event_is_shown_as_it_was(left: Left, api: System) -> None:
    shown = api.http.get(f"/api/events/{left.event['_id']}").json()["data"]
    known = {name: left.event[name] for name in left.event.keys() - {"__v"}}
    assert {name: shown[name] for name in known} == known
    assert [image["id"] for image in shown["images"]] == [left.ids["COMPLETED"]]


@pytest.mark.parametrize("status", ["PENDING", "PROCESSING"])
def test_what_was_not_done_is_done(left: Left, others: System, records: Collection[Document], status: str) -> None:
    job = others.ended(left.ids[status])

    assert (job["status"], job["attempt"]) == ("COMPLETED", 1)
    assert served_size(job["outputImageURL"]) == (640, 480)
    assert_kept(records, job)


def test_what_failed_can_be_retried(left: Left, others: System, records: Collection[Document]) -> None:
    failed, content = others.job(left.ids["FAILED"]), jpeg()
    assert failed["errorMsg"].startswith("Failed to process image: cannot identify image file")
    others.storage.put(failed["sourceImageKey"], io.BytesIO(content), len(content), "image/jpeg")

    retried = others.http.post(f"/api/image-jobs/{failed['_id']}/retry").json()["data"]

    assert (retried["status"], retried["errorMsg"]) == ("PENDING", "")
    job = eventually(lambda: job if (job := others.job(failed["_id"]))["status"] == "COMPLETED" else {})
    assert_kept(records, job)


def assert_kept(records: Collection[Document], job: dict[str, Any]) -> None:
    """The record kept the fields that only the existing system uses, and its times are still dates."""
    record = records.find_one({"_id": ObjectId(job["_id"])}) or {}
    assert {name: record.get(name) for name in UNKNOWN} == UNKNOWN
    assert record["__v"] == 0
    assert {type(record[name]) for name in ("createdAt", "updatedAt", "processedAt")} == {datetime}
