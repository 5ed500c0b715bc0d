"""What the existing worker may do without a token: read signed sources, and report results if workers need none."""

import json
from collections.abc import Iterator
from dataclasses import replace

import httpx2
import pytest
from backing import Backing
from interop.legacy_programs import NewLegacyWorker
from interop.our_programs import ours
from interop.published import served_size
from pictures import jpeg
from running_system import System, eventually

TOKEN = "a-client"


@pytest.fixture(scope="module")
def signed(backing: Backing, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Our API on a bucket whose public part is optimized/ only."""
    private = replace(backing, bucket=f"{backing.bucket}-private")
    private.s3.make_bucket(private.bucket, "optimized/")
    with ours(private, tmp_path_factory.mktemp("signed"), "api", SOURCE_URL="presigned") as started:
        yield started.system


@pytest.fixture(scope="module")
def guarded(backing: Backing, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Our API with worker tokens. Reading needs no token."""
    with ours(backing, tmp_path_factory.mktemp("guarded"), "api", WORKER_TOKENS="a-worker") as started:
        yield started.system


@pytest.fixture(scope="module")
def half_open(backing: Backing, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Our API on the same records with client tokens but no worker tokens."""
    with ours(backing, tmp_path_factory.mktemp("half-open"), "api", token=TOKEN, API_TOKENS=TOKEN) as started:
        yield started.system


def test_a_signed_source_is_downloaded_by_plain_http(
    signed: System, backing: Backing, new_legacy_worker: NewLegacyWorker
) -> None:
    worker = new_legacy_worker(signed, f"{backing.bucket}-private")
    worker.start_waiting(signed.redis)

    job = signed.ended(signed.create_job("private.jpg", jpeg()))

    assert job["status"] == "COMPLETED", job["errorMsg"]
    (converted,) = worker.did(did="converted", job=job["_id"])
    assert "X-Amz-Signature=" in converted["source"]
    assert served_size(job["outputImageURL"]) == (640, 480)


def test_a_private_source_is_read_by_nobody_without_its_signature(signed: System) -> None:
    source = signed.job(signed.create_job("private.jpg", jpeg()))["sourceImageURL"]
    signed.redis.delete("task_queue")

    answer = httpx2.get(source)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    if "minio" not in answer.headers.get("server", "").lower():
        pytest.skip("this S3 service ignores the bucket's policy, so every object is public; MinIO enforces it")
    assert httpx2.get(source.partition("?")[0]).status_code == 403


def test_a_worker_without_a_token_is_refused_until_workers_need_none(
    guarded: System, half_open: System, new_legacy_worker: NewLegacyWorker
) -> None:
    job_id = guarded.create_job("refused.jpg", jpeg())
    refused = new_legacy_worker(guarded)
    refused.start()

    eventually(lambda: len(refused.reports(job_id)) == 2)

    assert refused.reports(job_id) == [("PROCESSING", 401), ("COMPLETED", 401)]
    assert (guarded.job(job_id)["status"], guarded.job(job_id)["attempt"]) == ("PENDING", 0)
    refused.kill()

    welcome = new_legacy_worker(half_open)
    welcome.start()
    half_open.redis.lpush("task_queue", json.dumps({"task_type": "process_image", "payload": {"imageJobID": job_id}}))

    assert half_open.ended(job_id)["status"] == "COMPLETED"
    eventually(lambda: len(welcome.reports(job_id)) == 2)
    assert welcome.reports(job_id) == [("PROCESSING", 200), ("COMPLETED", 200)]


def test_with_tokens_of_both_kinds_a_worker_without_one_may_not_even_look(
    backing: Backing, tmp_path_factory: pytest.TempPathFactory, new_legacy_worker: NewLegacyWorker
) -> None:
    tokens = {"API_TOKENS": TOKEN, "WORKER_TOKENS": "a-worker"}
    with ours(backing, tmp_path_factory.mktemp("closed"), "api", token=TOKEN, **tokens) as started:
        closed = started.system
        job_id = closed.create_job("closed.jpg", jpeg())
        worker = new_legacy_worker(closed)
        worker.start()

        (gave_up,) = eventually(lambda: worker.did(did="gave up"))

        assert "401" in gave_up["error"]
        assert closed.job(job_id)["status"] == "PENDING"
