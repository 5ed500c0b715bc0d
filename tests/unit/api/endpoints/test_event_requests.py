"""Deleting events, repeating requests with an Idempotency-Key, and images of events that do not exist."""

from typing import Any

import pytest
from worlds.api_requests import UNKNOWN_ID, assert_error, image_bytes, image_file, patched
from worlds.memory_api import MemoryApi, memory_api

KEY = {"Idempotency-Key": "request-1"}
GIF = image_file("b.gif", image_bytes("gif"))


@pytest.fixture
def api() -> MemoryApi:
    return memory_api()


def form(*images: tuple[str, bytes], **texts: str) -> dict[str, Any]:
    return {"files": [*((name, (None, text)) for name, text in texts.items()), *(("images", each) for each in images)]}


def created(api: MemoryApi, *images: tuple[str, bytes]) -> dict[str, Any]:
    answer = api.client().post("/api/events", **form(*images, name="Test Event"))
    assert answer.status_code == 201, answer.text
    return dict(answer.json()["data"])


def upload(api: MemoryApi, event_id: str, **headers: str) -> Any:
    fields = {"entityType": "event", "entityId": event_id}
    return api.client(**headers).post("/api/image-jobs", data=fields, files={"image": image_file()})


# Ids.


def test_an_event_and_its_jobs_are_found_by_an_id_in_upper_case(api: MemoryApi) -> None:
    event = created(api, image_file())
    event_id, (job_id,) = event["_id"], event["imageJobIds"]
    client = api.client()
    assert client.get(f"/api/events/{event_id.upper()}").json()["data"] == event
    changed = client.put(f"/api/events/{event_id.upper()}", **form(GIF, name="new")).json()["data"]
    assert len(changed["imageJobIds"]) == 2
    added = upload(api, event_id.upper()).json()["data"]
    assert added["entityId"] == event_id
    shown = client.get(f"/api/events/{event_id}").json()["data"]
    assert shown["imageJobIds"] == [*changed["imageJobIds"], added["_id"]]
    query = {"entityType": "event", "entityId": event_id.upper()}
    assert len(client.get("/api/image-jobs", params=query).json()["data"]) == 3
    assert client.get("/api/events", params={"cursor": "F" * 24}).json()["data"] == [shown]
    assert client.get("/api/image-jobs", params={"cursor": job_id.upper()}).json()["data"] == []
    assert client.get(f"/api/image-jobs/{job_id.upper()}").json()["data"]["_id"] == job_id
    assert patched(client, job_id.upper(), status="PROCESSING").json()["data"]["_id"] == job_id
    assert client.delete(f"/api/image-jobs/{job_id.upper()}").json()["data"] == {"_id": job_id}
    assert client.delete(f"/api/events/{event_id.upper()}").json()["data"] == {"_id": event_id}
    assert api.all_jobs() == []
    assert api.all_keys() == []


def test_the_id_of_another_kind_of_entity_stays_as_it_is(api: MemoryApi) -> None:
    client = api.client()
    answer = client.post(
        "/api/image-jobs", data={"entityType": "report", "entityId": "ABC"}, files={"image": image_file()}
    )
    assert answer.json()["data"]["entityId"] == "ABC"
    assert len(client.get("/api/image-jobs", params={"entityType": "report", "entityId": "ABC"}).json()["data"]) == 1


# Images of events that do not exist.


@pytest.mark.parametrize("event_id", [UNKNOWN_ID, "e1", "42", UNKNOWN_ID + "0", "é"])
def test_an_image_of_an_event_that_does_not_exist_is_422_and_leaves_nothing(api: MemoryApi, event_id: str) -> None:
    answer = upload(api, event_id)
    assert event_id in assert_error(answer, 422, "event_not_found")
    assert [each["field"] for each in answer.json()["error"]["details"]] == ["entityId"]
    api.assert_untouched()


def test_an_image_whose_event_is_deleted_while_it_is_stored_is_422_and_leaves_nothing(api: MemoryApi) -> None:
    event_id = created(api)["_id"]
    insert = api.jobs.insert

    def delete_then_insert(job: Any) -> None:
        assert api.client().delete(f"/api/events/{event_id}").status_code == 200
        insert(job)

    api.jobs.insert = delete_then_insert  # type: ignore[method-assign]  # the deletion comes in between
    for headers in ({}, KEY):
        assert_error(upload(api, event_id, **headers), 422, "event_not_found")
    assert api.left_behind() | {"messages": []} == {"jobs": [], "events": [], "objects": [], "messages": []}


def test_an_image_is_taken_back_when_its_event_cannot_be_looked_for_again(api: MemoryApi) -> None:
    event_id = created(api)["_id"]
    push = api.queue.push

    def push_and_cut(job_ids: Any) -> None:
        push(job_ids)
        api.lines["mongodb"][1].is_cut = True

    api.queue.push = push_and_cut  # type: ignore[method-assign, assignment]  # the outage comes after it
    assert_error(upload(api, event_id), 503, "mongodb_unavailable")
    assert api.all_jobs() == []
    assert api.all_keys() == []


# Deletion.


def test_a_deleted_event_is_gone_with_its_jobs_and_objects_and_no_other(api: MemoryApi) -> None:
    kept = created(api, image_file())
    event = created(api, image_file(), GIF)
    answer = api.client().delete(f"/api/events/{event['_id']}")
    assert (answer.status_code, answer.json()["data"]) == (200, {"_id": event["_id"]})
    assert_error(api.client().get(f"/api/events/{event['_id']}"), 404, "not_found")
    assert_error(api.client().put(f"/api/events/{event['_id']}", **form(GIF)), 404, "not_found")
    for job_id in event["imageJobIds"]:
        assert_error(patched(api.client(), job_id, status="PROCESSING"), 404, "not_found")
    assert [each["_id"] for each in api.client().get("/api/events").json()["data"]] == [kept["_id"]]
    assert [job.id for job in api.all_jobs()] == kept["imageJobIds"]
    assert api.all_keys() == [api.all_jobs()[0].source_image_key]


def test_a_deletion_may_be_repeated_but_not_of_what_was_never_there(api: MemoryApi) -> None:
    event_id = created(api)["_id"]
    for _ in range(2):
        assert api.client().delete(f"/api/events/{event_id}").status_code == 200
    assert_error(api.client().delete(f"/api/events/{UNKNOWN_ID}"), 404, "not_found")


def test_while_storage_is_unavailable_the_event_is_gone_at_once_and_the_rest_follows(api: MemoryApi) -> None:
    event = created(api, image_file(), GIF)
    api.cut("storage")
    for _ in range(2):
        assert_error(api.client().delete(f"/api/events/{event['_id']}"), 503, "storage_unavailable")
    assert_error(api.client().get(f"/api/events/{event['_id']}"), 404, "not_found")
    assert api.client().get("/api/image-jobs").json()["data"] == []
    api.mend()
    assert api.client().delete(f"/api/events/{event['_id']}").status_code == 200
    assert api.left_behind() | {"messages": []} == {"jobs": [], "events": [], "objects": [], "messages": []}


# Requests with a key.


def test_an_event_that_is_created_again_under_its_key_is_the_same(api: MemoryApi) -> None:
    client = api.client(**KEY)
    first, second = (client.post("/api/events", **form(image_file(), GIF, name="x")) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json()["data"] == first.json()["data"]
    assert second.headers["location"] == first.headers["location"]
    assert len(api.all_jobs()) == len(api.queue.messages) == 2


def test_a_change_that_is_sent_again_under_its_key_is_carried_out_once(api: MemoryApi) -> None:
    event_id = created(api)["_id"]
    path, client = f"/api/events/{event_id}", api.client(**KEY)
    first = client.put(path, **form(image_file(), name="first")).json()["data"]
    later = api.client().put(path, **form(name="later")).json()["data"]
    assert client.put(path, **form(image_file(), name="first")).json()["data"] == later
    assert later["imageJobIds"] == first["imageJobIds"]
    assert len(api.all_jobs()) == 1


@pytest.mark.parametrize(
    "other",
    [
        form(image_file(), name="y"),
        form(image_file(), name="x", community="c"),
        form(image_file(), name="x", date="2024-01-01"),
        form(GIF, name="x"),
        form(image_file(), image_file(), name="x"),
        form(name="x"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_another_request_under_the_same_key_is_409_and_changes_nothing(
    api: MemoryApi, method: str, other: dict[str, Any]
) -> None:
    path = "/api/events" if method == "POST" else f"/api/events/{created(api)['_id']}"
    client = api.client(**KEY)
    assert client.request(method, path, **form(image_file(), name="x")).is_success
    state = api.left_behind()
    assert_error(client.request(method, path, **other), 409, "idempotency_key_reused")
    assert api.left_behind() == state


def test_the_key_of_a_creation_is_not_free_for_a_change_of_its_event_but_of_another(api: MemoryApi) -> None:
    client = api.client(**KEY)
    event_id = client.post("/api/events", **form(name="x")).json()["data"]["_id"]
    other_id = created(api)["_id"]
    assert_error(client.put(f"/api/events/{event_id}", **form(name="x")), 409, "idempotency_key_reused")
    assert client.put(f"/api/events/{other_id}", **form(name="x")).status_code == 200


def test_an_image_that_was_deleted_does_not_come_back_with_the_repetition(api: MemoryApi) -> None:
    client = api.client(**KEY)
    job_id = client.post("/api/events", **form(image_file(), name="x")).json()["data"]["imageJobIds"][0]
    client.delete(f"/api/image-jobs/{job_id}")
    assert client.post("/api/events", **form(image_file(), name="x")).json()["data"]["imageJobIds"] == []


def test_the_key_of_a_deleted_event_is_free_again(api: MemoryApi) -> None:
    client = api.client(**KEY)
    event_id = client.post("/api/events", **form(image_file(), name="x")).json()["data"]["_id"]
    client.delete(f"/api/events/{event_id}")
    again = client.post("/api/events", **form(GIF, name="y")).json()["data"]
    assert again["_id"] != event_id
    assert len(again["imageJobIds"]) == 1


@pytest.mark.parametrize("key", [{}, KEY])
def test_a_creation_whose_second_image_fails_leaves_nothing(api: MemoryApi, key: dict[str, str]) -> None:
    insert = api.jobs.insert

    def insert_once(job: Any) -> None:
        insert(job)
        api.cut("storage", at="put")

    api.jobs.insert = insert_once  # type: ignore[method-assign]  # the outage comes after the first
    assert_error(api.client(**key).post("/api/events", **form(GIF, image_file(), name="x")), 503, "storage_unavailable")
    api.assert_untouched()
    api.mend()
    api.jobs.insert = insert  # type: ignore[method-assign]  # as it was
    assert api.client(**key).post("/api/events", **form(GIF, image_file(), name="x")).status_code == 201
    assert len(api.all_jobs()) == 2
