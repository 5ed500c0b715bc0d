"""If a backing service is unavailable, the API answers 503 with its name and leaves nothing behind."""

from typing import Any

import pytest
from worlds.api_requests import UNKNOWN_ID, assert_error, created_job, image_file, patched
from worlds.memory_api import MemoryApi, memory_api

WAITS = "Redis is unavailable: 1 image(s) accepted; they will be queued as soon as it is back."
UPLOAD: dict[str, Any] = {"data": {"entityType": "report", "entityId": "r1"}, "files": {"image": image_file()}}


@pytest.fixture
def api() -> MemoryApi:
    return memory_api()


@pytest.mark.parametrize(
    ("services", "code", "named"),
    [
        (["mongodb"], "mongodb_unavailable", "mongodb"),
        (["redis"], "redis_unavailable", "redis"),
        (["storage"], "storage_unavailable", "storage"),
        (["mongodb", "redis", "storage"], "mongodb_unavailable", "mongodb"),
    ],
)
@pytest.mark.parametrize("path", ["/api/image-jobs", "/api/events"])
def test_an_upload_during_an_outage_is_503_and_leaves_nothing(
    path: str, services: list[str], code: str, named: str
) -> None:
    api = memory_api(accept_without_queue=False)
    api.cut(*services)
    form: dict[str, Any] = {"files": {"images": image_file()}, "data": {"name": "x"}}
    answer = api.client().post(path, **(UPLOAD if path == "/api/image-jobs" else form))
    assert_error(answer, 503, code)
    assert int(answer.headers["retry-after"]) > 0
    assert [each["field"] for each in answer.json()["error"]["details"]] == [named]
    api.mend()
    api.assert_untouched()


@pytest.mark.parametrize(("service", "call"), [("mongodb", "insert"), ("storage", "put"), ("mongodb", "now")])
def test_an_outage_in_the_middle_of_an_upload_leaves_nothing(api: MemoryApi, service: str, call: str) -> None:
    api.cut(service, at=call)
    assert_error(api.client().post("/api/image-jobs", **UPLOAD), 503, f"{service}_unavailable")
    api.mend()
    api.assert_untouched()


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/image-jobs", {}),
        ("GET", "/api/image-jobs/stats", {}),
        ("GET", "/api/image-jobs/{}", {}),
        ("DELETE", "/api/image-jobs/{}", {}),
        ("POST", "/api/image-jobs/{}/retry", {}),
        ("PATCH", "/api/image-jobs/{}/status", {"json": {"status": "PROCESSING"}}),
        ("GET", "/api/events", {}),
        ("GET", "/api/events/{}", {}),
        ("PUT", "/api/events/{}", {"files": {"images": image_file()}}),
    ],
)
def test_whatever_needs_mongodb_is_503_without_it(api: MemoryApi, method: str, path: str, body: dict[str, Any]) -> None:
    api.cut("mongodb")
    answer = api.client().request(method, path.format(UNKNOWN_ID), **body)
    assert_error(answer, 503, "mongodb_unavailable")
    assert "retry-after" in answer.headers


def test_a_deletion_without_storage_is_503_and_the_job_is_gone_at_once(api: MemoryApi) -> None:
    client = api.client()
    job_id = created_job(client)["_id"]
    api.cut("storage")
    assert_error(client.delete(f"/api/image-jobs/{job_id}"), 503, "storage_unavailable")
    assert_error(client.get(f"/api/image-jobs/{job_id}"), 404, "not_found")
    assert_error(patched(client, job_id, status="PROCESSING"), 404, "not_found")
    api.mend()
    assert client.delete(f"/api/image-jobs/{job_id}").status_code == 200
    assert (api.all_keys(), api.all_jobs()) == ([], [])


def test_a_retry_without_redis_is_503_where_that_is_the_setting_and_the_job_stays_failed() -> None:
    api = memory_api(accept_without_queue=False)
    client = api.client()
    job_id = created_job(client)["_id"]
    patched(client, job_id, status="FAILED")
    state = api.left_behind()
    api.cut("redis")
    assert_error(client.post(f"/api/image-jobs/{job_id}/retry"), 503, "redis_unavailable")
    api.mend()
    assert api.left_behind() == state


def test_a_full_queue_is_503_and_leaves_nothing() -> None:
    api = memory_api(max_queue_length=2)
    api.queue.push(["1" * 24, "2" * 24])
    answer = api.client().post("/api/image-jobs", **UPLOAD)
    assert "2 messages wait" in assert_error(answer, 503, "queue_full")
    assert [each["field"] for each in answer.json()["error"]["details"]] == ["redis"]
    assert int(answer.headers["retry-after"]) > 0
    api.queue.messages.clear()
    api.assert_untouched()
    assert api.client().post("/api/image-jobs", **UPLOAD).status_code == 201


@pytest.mark.parametrize("at", [None, "push"], ids=["before", "between the check and the push"])
def test_without_redis_an_upload_is_accepted_and_says_that_it_waits(api: MemoryApi, at: str | None) -> None:
    api.cut("redis", at=at)
    answer = api.client().post("/api/image-jobs", **UPLOAD)
    assert answer.status_code == 201, answer.text
    job = answer.json()["data"]
    assert job["status"] == "PENDING"
    assert "enqueuedAt" not in job
    assert answer.json()["message"] == WAITS
    (recorded,) = api.all_jobs()
    assert recorded.enqueued_at is None
    assert (api.all_keys(), list(api.queue.messages)) == ([job["sourceImageKey"]], [])


def test_an_event_without_redis_says_how_many_of_its_images_wait(api: MemoryApi) -> None:
    client = api.client()
    images: dict[str, Any] = {"files": [("images", image_file()), ("images", image_file())]}
    api.cut("redis")
    created = client.post("/api/events", data={"name": "x"}, **images)
    assert created.status_code == 201, created.text
    assert created.json()["message"] == WAITS.replace("1", "2")
    changed = client.put(f"/api/events/{created.json()['data']['_id']}", **images)
    assert changed.json()["message"] == WAITS.replace("1", "2")
    api.mend()
    renamed = client.put(f"/api/events/{created.json()['data']['_id']}", files={"name": (None, "y")})
    assert renamed.json().get("message") is None, "of the images that wait it added none"


def test_a_job_that_was_handed_back_does_not_wait_for_redis(api: MemoryApi) -> None:
    client = api.client()
    key = {"Idempotency-Key": "key-1"}
    job_id = client.post("/api/image-jobs", **UPLOAD, headers=key).json()["data"]["_id"]
    patched(client, job_id, status="PROCESSING")
    patched(client, job_id, status="PENDING", attempt=1)
    again = client.post("/api/image-jobs", **UPLOAD, headers=key)
    assert (again.status_code, again.json().get("message")) == (201, None)


@pytest.mark.parametrize("full", [True, False], ids=["queue full", "Redis unavailable"])
def test_a_repeated_upload_gets_its_first_answer_even_when_no_more_are_accepted(full: bool) -> None:
    api = memory_api(max_queue_length=1, accept_without_queue=False)
    first = api.client().post("/api/image-jobs", **UPLOAD, headers={"Idempotency-Key": "key-1"})
    if not full:
        api.cut("redis")
    again = api.client().post("/api/image-jobs", **UPLOAD, headers={"Idempotency-Key": "key-1"})
    assert (again.status_code, again.json()["data"]) == (201, first.json()["data"])
    assert api.client().post("/api/image-jobs", **UPLOAD).status_code == 503


def test_a_retry_without_redis_waits_too(api: MemoryApi) -> None:
    client = api.client()
    job_id = created_job(client)["_id"]
    patched(client, job_id, status="FAILED")
    api.queue.messages.clear()
    api.cut("redis")
    answer = client.post(f"/api/image-jobs/{job_id}/retry")
    assert (answer.status_code, answer.json()["message"]) == (200, WAITS)
    assert [job.enqueued_at for job in api.all_jobs()] == [None]


def test_with_redis_there_is_nothing_to_say(api: MemoryApi) -> None:
    assert "message" not in api.client().post("/api/image-jobs", **UPLOAD).json()


@pytest.mark.parametrize("service", ["mongodb", "redis", "storage"])
def test_an_outage_is_not_a_line_per_request(service: str, caplog: pytest.LogCaptureFixture) -> None:
    api = memory_api()
    api.cut(service)
    for _ in range(5):
        api.client().post("/api/image-jobs", **UPLOAD)
    assert caplog.messages == []
