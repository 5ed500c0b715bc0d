import io
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from imagejobs.storage.keys import output_key
from imagejobs.task_queue.message import ProcessImageMessage
from imagejobs.times import isoformat
from worlds.api_requests import OUTPUT, OUTPUT_URL, assert_error, created_job, image_bytes, image_file, patched
from worlds.memory_api import MemoryApi, memory_api

UPLOAD: dict[str, Any] = {"data": {"entityType": "report", "entityId": "r1"}, "files": {"image": image_file()}}


@pytest.fixture
def api() -> MemoryApi:
    return memory_api()


def test_an_upload_is_stored_recorded_and_queued(api: MemoryApi) -> None:
    answer = api.client().post("/api/image-jobs", **UPLOAD)
    job = answer.json()["data"]
    assert (answer.status_code, answer.headers["location"]) == (201, f"/api/image-jobs/{job['_id']}")
    assert (job["status"], job["errorMsg"], job["entityType"], job["entityId"]) == ("PENDING", "", "report", "r1")
    assert not {"outputImageURL", "outputImageKey", "processedAt", "idempotencyKey"} & job.keys()
    assert api.all_keys() == [job["sourceImageKey"]]
    assert job["sourceImageURL"] == f"http://storage.invalid/{job['sourceImageKey']}"
    assert list(api.queue.messages) == [ProcessImageMessage(job["_id"]).encode()]
    assert json.loads(api.queue.messages[0]) == {"task_type": "process_image", "payload": {"imageJobID": job["_id"]}}
    assert api.client().get(answer.headers["location"]).json()["data"] == job


@pytest.mark.parametrize("spelling", [str.upper, str.lower])
def test_a_worker_without_an_attempt_may_spell_a_status_in_either_case(api: MemoryApi, spelling: Any) -> None:
    client = api.client()
    job_id = created_job(client)["_id"]
    assert patched(client, job_id, status=spelling("PROCESSING")).json()["data"]["status"] == "PROCESSING"
    assert patched(client, job_id, status=spelling("FAILED"), errorMsg="x").json()["data"]["status"] == "FAILED"
    assert client.post(f"/api/image-jobs/{job_id}/retry").json()["data"]["status"] == "PENDING"
    patched(client, job_id, status=spelling("PROCESSING"))
    done = patched(client, job_id, status=spelling("COMPLETED"), **OUTPUT).json()["data"]
    assert (done["status"], done["outputImageURL"], done["outputImageKey"]) == (
        "COMPLETED",
        OUTPUT_URL,
        OUTPUT["outputImageKey"],
    )
    assert done["processedAt"] >= done["createdAt"]


def test_a_worker_may_hand_a_job_back_in_lower_case(api: MemoryApi) -> None:
    client = api.client()
    job_id = created_job(client)["_id"]
    attempt = patched(client, job_id, status="PROCESSING").json()["data"]["attempt"]
    job = patched(client, job_id, status="pending", attempt=attempt, errorMsg="away", errorCode="storage_unavailable")
    assert (job.json()["data"]["status"], job.json()["data"]["errorCode"]) == ("PENDING", "storage_unavailable")


@pytest.mark.parametrize(
    ("before", "update", "code"),
    [
        ([], {"status": "COMPLETED", **OUTPUT}, "illegal_transition"),
        (["PROCESSING"], {"status": "PROCESSING"}, "job_held"),
        (["PROCESSING"], {"status": "FAILED", "attempt": 2}, "stale_attempt"),
        (["PROCESSING"], {"status": "PENDING", "attempt": 7}, "stale_attempt"),
        (["PROCESSING"], {"status": "COMPLETED", "outputImageKey": "raw/x.webp"}, "output_not_accepted"),
        (["PROCESSING"], {"status": "COMPLETED", "outputImageKey": "optimized/../raw/x"}, "output_not_accepted"),
        (
            ["PROCESSING"],
            {"status": "COMPLETED", "outputImageKey": "optimized/other.webp", "attempt": 1},
            "output_not_accepted",
        ),
        (["FAILED"], {"status": "PROCESSING"}, "illegal_transition"),
        (["FAILED"], {"status": "FAILED", "errorMsg": "another"}, "illegal_transition"),
        (["PROCESSING", "COMPLETED"], {"status": "FAILED"}, "illegal_transition"),
        (["PROCESSING", "COMPLETED"], {"status": "PROCESSING"}, "illegal_transition"),
        (
            ["PROCESSING", "COMPLETED"],
            {"status": "COMPLETED", "outputImageKey": "optimized/y.webp"},
            "illegal_transition",
        ),
    ],
)
def test_a_change_that_the_state_does_not_allow_is_409_and_changes_nothing(
    api: MemoryApi, before: list[str], update: dict[str, Any], code: str
) -> None:
    client = api.client()
    job_id = created_job(client)["_id"]
    for status in before:
        patched(client, job_id, status=status, **(OUTPUT if status == "COMPLETED" else {}))
    state = api.left_behind()
    assert_error(patched(client, job_id, **update), 409, code)
    assert api.left_behind() == state


def test_the_same_terminal_update_again_is_no_error(api: MemoryApi) -> None:
    client = api.client()
    job_id = created_job(client)["_id"]
    patched(client, job_id, status="PROCESSING")
    first = patched(client, job_id, status="COMPLETED", **OUTPUT)
    again = patched(client, job_id, status="COMPLETED", **OUTPUT)
    assert (again.status_code, again.json()) == (200, first.json())


def test_an_attempt_completes_with_its_own_object_and_receipt(api: MemoryApi) -> None:
    client = api.client()
    job = created_job(client)
    attempt = patched(client, job["_id"], status="PROCESSING", leaseSeconds=30).json()["data"]["attempt"]
    assert patched(client, job["_id"], status="PROCESSING", attempt=attempt, leaseSeconds=60).status_code == 200
    key, facts = output_key(job["sourceImageKey"], "optimized/"), {"frames": 1.0, "sha256": "0" * 64}
    source = {"mimetype": "image/png", "bytes": 89, "width": 8, "height": 6, **facts}
    receipt: dict[str, Any] = {"source": source, "output": source | {"mimetype": "image/webp", "bytes": 5.0}}
    receipt |= {"orientation": 1, "lossless": True, "quality": 80, "encoder": "e", "durationMs": 3.0}
    update = {"status": "COMPLETED", "attempt": attempt, "outputImageKey": key, "receipt": receipt}
    assert_error(patched(client, job["_id"], **update), 409, "output_not_accepted")
    api.storage.put(key, io.BytesIO(b"12345"), 5, "image/webp")
    answer = patched(client, job["_id"], **update)
    assert answer.json()["data"]["receipt"] == receipt
    assert '"durationMs":3}' in answer.text
    assert answer.json()["data"]["outputImageURL"] == f"http://storage.invalid/{key}"


@pytest.mark.parametrize("before", [[], ["PROCESSING"], ["PROCESSING", "COMPLETED"]])
def test_a_retry_of_a_job_that_is_not_failed_is_409(api: MemoryApi, before: list[str]) -> None:
    client = api.client()
    job_id = created_job(client)["_id"]
    for status in before:
        patched(client, job_id, status=status, **(OUTPUT if status == "COMPLETED" else {}))
    state = api.left_behind()
    assert_error(client.post(f"/api/image-jobs/{job_id}/retry"), 409, "illegal_transition")
    assert api.left_behind() == state


def test_a_retry_clears_the_error_and_queues_the_job_again(api: MemoryApi) -> None:
    client = api.client()
    job_id = created_job(client)["_id"]
    failed = patched(client, job_id, status="FAILED", errorMsg="broken", errorCode="corrupt", retryable=False)
    assert failed.json()["data"].items() >= {"errorMsg": "broken", "errorCode": "corrupt", "retryable": False}.items()
    job = client.post(f"/api/image-jobs/{job_id}/retry").json()["data"]
    assert (job["status"], job["errorMsg"]) == ("PENDING", "")
    assert not {"errorCode", "retryable", "processedAt"} & job.keys()
    assert list(api.queue.messages) == [ProcessImageMessage(job_id).encode()] * 2


def test_a_long_error_message_is_kept_up_to_2000_characters(api: MemoryApi) -> None:
    client = api.client()
    job_id = created_job(client)["_id"]
    answer = patched(client, job_id, status="FAILED", errorMsg="é" * 5_000)
    assert answer.json()["data"]["errorMsg"] == "é" * 2_000


def test_a_deletion_removes_both_objects_and_the_record_and_the_next_is_404(api: MemoryApi) -> None:
    client = api.client()
    job = created_job(client)
    key = output_key(job["sourceImageKey"], "optimized/")
    api.storage.put(key, io.BytesIO(b"x"), 1, "image/webp")
    patched(client, job["_id"], status="PROCESSING")
    patched(client, job["_id"], status="COMPLETED", outputImageKey=key)
    answer = client.delete(f"/api/image-jobs/{job['_id'].upper()}".replace("/API/IMAGE-JOBS", "/api/image-jobs"))
    assert (answer.status_code, answer.json()) == (200, {"success": True, "data": {"_id": job["_id"]}})
    assert (api.all_keys(), api.all_jobs()) == ([], [])
    assert_error(client.delete(f"/api/image-jobs/{job['_id']}"), 404, "not_found")
    assert_error(client.get(f"/api/image-jobs/{job['_id']}"), 404, "not_found")


# Idempotency-Key.


def test_the_same_upload_twice_is_one_job(api: MemoryApi) -> None:
    client = api.client(**{"Idempotency-Key": "upload-1"})
    first, second = (client.post("/api/image-jobs", **UPLOAD) for _ in range(2))
    assert (second.status_code, second.json()["data"]["_id"]) == (201, first.json()["data"]["_id"])
    assert {name: len(many) for name, many in api.left_behind().items()} == {
        "jobs": 1,
        "events": 0,
        "objects": 1,
        "messages": 1,
    }


@pytest.mark.parametrize(
    "changed",
    [
        {"files": {"image": image_file(data=image_bytes("gif"))}},
        {"data": {"entityType": "report", "entityId": "r2"}},
        {"data": {"entityType": "other", "entityId": "r1"}},
    ],
)
def test_another_upload_under_the_same_key_is_409(api: MemoryApi, changed: dict[str, Any]) -> None:
    client = api.client(**{"Idempotency-Key": "upload-1"})
    client.post("/api/image-jobs", **UPLOAD)
    state = api.left_behind()
    assert_error(client.post("/api/image-jobs", **(UPLOAD | changed)), 409, "idempotency_key_reused")
    assert api.left_behind() == state


# Lists and statistics.


def test_a_list_is_filtered_newest_first_and_goes_on_at_its_cursor(api: MemoryApi) -> None:
    client = api.client()
    ids = [created_job(client, "e1")["_id"] for _ in range(5)]
    created_job(client, "e2")
    patched(client, ids[0], status="FAILED")
    query: dict[str, Any] = {"entityType": "report", "entityId": "e1", "limit": 2}
    pages = []
    while True:
        answer = client.get("/api/image-jobs", params=query).json()
        pages.append([job["_id"] for job in answer["data"]])
        if "cursor" not in answer:
            break
        query["cursor"] = answer["cursor"]
    assert pages == [[ids[4], ids[3]], [ids[2], ids[1]], [ids[0]]]
    found = client.get("/api/image-jobs", params={"status": "FAILED"}).json()["data"]
    assert [job["_id"] for job in found] == [ids[0]]
    assert client.get("/api/image-jobs", params={"entityType": "other"}).json() == {"success": True, "data": []}
    assert len(client.get("/api/image-jobs").json()["data"]) == 6


def test_the_figures_count_statuses_queue_and_durations(api: MemoryApi) -> None:
    client = api.client()
    empty = client.get("/api/image-jobs/stats").json()["data"]
    counts = {"PENDING": 0, "PROCESSING": 0, "COMPLETED": 0, "FAILED": 0}
    assert empty == {"queueLength": 0, "byStatus": counts, "duration": {"count": 0}}
    ids = [created_job(client)["_id"] for _ in range(4)]
    for job_id in ids[:2]:
        patched(client, job_id, status="PROCESSING")
        patched(client, job_id, status="COMPLETED", **OUTPUT)
    patched(client, ids[2], status="FAILED")
    stats = client.get("/api/image-jobs/stats").json()["data"]
    assert stats["byStatus"] == counts | {"PENDING": 1, "COMPLETED": 2, "FAILED": 1}
    assert stats["queueLength"] == 4
    assert stats["duration"]["count"] == 2
    assert 0 <= stats["duration"]["p50Ms"] <= stats["duration"]["p95Ms"]


def test_the_percentiles_are_those_of_processedat_minus_createdat(api: MemoryApi) -> None:
    client = api.client()
    job_id = created_job(client)["_id"]
    patched(client, job_id, status="PROCESSING")
    patched(client, job_id, status="COMPLETED", **OUTPUT)
    job = api.jobs._jobs.pop(job_id)
    for seconds in range(1, 101):
        api.jobs.insert(replace(job, id=api.jobs.new_id(), processed_at=job.created_at + timedelta(seconds=seconds)))
    duration = client.get("/api/image-jobs/stats").json()["data"]["duration"]
    assert duration == {"count": 100, "p50Ms": 50_500, "p95Ms": 95_050}


def test_a_presigned_source_url_is_answered_instead_of_the_recorded_one() -> None:
    api = memory_api(source_url="presigned")
    client = api.client()
    job = created_job(client)
    assert "?expires=" in job["sourceImageURL"]
    assert "?expires=" in client.get("/api/image-jobs").json()["data"][0]["sourceImageURL"]
    assert "?" not in api.all_jobs()[0].source_image_url


@pytest.mark.parametrize("key", ["", "uploads/1.jpg", "raw/../1.jpg"])
def test_what_cannot_be_signed_is_answered_as_it_was_recorded(key: str) -> None:
    api = memory_api(source_url="presigned")
    client = api.client()
    created_job(client)
    (job,) = api.all_jobs()
    foreign = replace(job, id=api.jobs.new_id(), source_image_key=key, source_image_url="https://old.invalid/1.jpg")
    api.jobs.insert(foreign)
    assert client.get(f"/api/image-jobs/{foreign.id}").json()["data"]["sourceImageURL"] == foreign.source_image_url
    assert client.get("/api/image-jobs").status_code == 200


def test_times_are_iso_8601_with_milliseconds(api: MemoryApi) -> None:
    job = created_job(api.client())
    assert job["createdAt"] == isoformat(api.all_jobs()[0].created_at)


def test_no_renditions_are_the_same_as_an_empty_list_of_them() -> None:
    """Generated Java clients send an empty list where no list was set."""
    api = memory_api()
    client = api.client()
    job_id = created_job(client)["_id"]
    assert patched(client, job_id, status="PROCESSING", renditions=[]).status_code == 200
    completed = patched(client, job_id, status="COMPLETED", renditions=[], **OUTPUT)
    assert completed.json()["data"]["status"] == "COMPLETED"
    assert "renditions" not in completed.json()["data"]
    assert patched(client, job_id, status="COMPLETED", **OUTPUT).json() == completed.json()


def test_old_images_follow_the_storage_to_another_address() -> None:
    """After a change of port, domain or R2_PUBLIC_URL every answer shows current URLs, even for old records."""
    api = memory_api()
    client = api.client()
    event = client.post("/api/events", data={"name": "x"}, files=[("images", image_file())]).json()["data"]
    (job_id,) = event["imageJobIds"]
    patched(client, job_id, status="PROCESSING")
    rendition = {"key": OUTPUT["outputImageKey"], "url": OUTPUT["outputImageURL"], "width": 8, "height": 6, "bytes": 7}
    patched(client, job_id, status="COMPLETED", renditions=[rendition], **OUTPUT)

    api.storage._public_base_url = "https://moved.invalid"

    job = client.get(f"/api/image-jobs/{job_id}").json()["data"]
    (image,) = client.get(f"/api/events/{event['_id']}").json()["data"]["images"]
    url = f"https://moved.invalid/{OUTPUT['outputImageKey']}"
    assert job["sourceImageURL"] == f"https://moved.invalid/{job['sourceImageKey']}"
    assert (job["outputImageURL"], job["renditions"][0]["url"]) == (url, url)
    assert (image["url"], image["renditions"][0]["url"], image["srcset"]) == (url, url, f"{url} 8w")
    assert client.get("/api/image-jobs").json()["data"] == [job]
    assert client.get("/api/events").json()["data"][0]["images"] == [image]
    assert patched(client, job_id, status="COMPLETED", renditions=[rendition], **OUTPUT).json()["data"] == job
