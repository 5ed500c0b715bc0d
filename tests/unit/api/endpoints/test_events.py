from typing import Any

import pytest
from worlds.api_requests import OUTPUT, OUTPUT_URL, assert_error, image_bytes, image_file, patched
from worlds.memory_api import MemoryApi, memory_api

ALL = {
    "name": "Test Event",
    "community": "Test Community",
    "date": "2024-01-01",
    "tutor[type]": "Internal",
    "tutor[name]": "John Doe",
}


@pytest.fixture
def api() -> MemoryApi:
    return memory_api()


def form(texts: dict[str, str], *images: tuple[str, bytes]) -> dict[str, Any]:
    return {"files": [*((name, (None, text)) for name, text in texts.items()), *(("images", each) for each in images)]}


def created(api: MemoryApi, texts: dict[str, str], *images: tuple[str, bytes]) -> dict[str, Any]:
    answer = api.client().post("/api/events", **form(texts, *images))
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/api/events/{answer.json()['data']['_id']}"
    return dict(answer.json()["data"])


def shown(api: MemoryApi, event_id: str) -> dict[str, Any]:
    return dict(api.client().get(f"/api/events/{event_id}").json()["data"])


def test_an_event_is_created_with_its_tutor_nested_and_a_job_per_image(api: MemoryApi) -> None:
    event = created(api, ALL, image_file("a.png"), image_file("b.gif", image_bytes("gif")))
    assert (event["name"], event["community"], event["date"]) == (
        "Test Event",
        "Test Community",
        "2024-01-01T00:00:00.000Z",
    )
    assert event["tutor"] == {"type": "Internal", "name": "John Doe"}
    assert event["images"] == []
    jobs = api.all_jobs()
    assert event["imageJobIds"] == [job.id for job in jobs]
    assert [(job.entity_type, job.entity_id, job.original_filename) for job in jobs] == [
        ("event", event["_id"], "a.png"),
        ("event", event["_id"], "b.gif"),
    ]
    assert len(api.queue.messages) == 2


def test_a_text_that_a_form_left_empty_does_not_replace_one_that_was_said(api: MemoryApi) -> None:
    event = created(api, ALL)
    empty = {"name": "y", "community": "", "date": "", "tutor[type]": "", "tutor[name]": ""}
    changed = api.client().put(f"/api/events/{event['_id']}", **form(empty)).json()["data"]
    assert changed == event | {"name": "y", "updatedAt": changed["updatedAt"]}


@pytest.mark.parametrize(
    ("said", "shown_as"),
    [
        ("2024-01-01", "2024-01-01T00:00:00.000Z"),
        ("2024-02-29", "2024-02-29T00:00:00.000Z"),
        ("2024-01-01T10:30:00Z", "2024-01-01T10:30:00.000Z"),
        ("2024-01-01T10:30:00.123456Z", "2024-01-01T10:30:00.123Z"),
        ("2024-01-01T10:30:00+07:00", "2024-01-01T03:30:00.000Z"),
        ("2024-01-01T10:30:00.123456789-00:00", "2024-01-01T10:30:00.123Z"),
        ("1000-01-01T00:00:00+23:59", "0999-12-31T00:01:00.000Z"),
        ("2999-12-31T23:59:59-23:59", "3000-01-01T23:58:59.000Z"),
    ],
)
def test_a_date_is_a_day_or_a_point_of_time(api: MemoryApi, said: str, shown_as: str) -> None:
    assert created(api, {"name": "x", "date": said})["date"] == shown_as


@pytest.mark.parametrize(
    "said",
    [
        "2024-02-30",
        "2023-02-29",
        "01/02/2024",
        "2024-01-01T10:30",
        "2024-01-01 10:30:00Z",
        "2024-01-01t10:30:00z",
        "2016-12-31T23:59:60Z",
        "2024-01-01T24:00:00Z",
        "2024-01-01T10:30:00+24:00",
        "2024-01-01T10:30:00.Z",
        "0024-01-01",
        "0024-01-01T10:30:00Z",
        "2023-12-1+",
        "2023-12-1.",
        "tomorrow",
    ],
)
def test_what_is_no_date_is_400(api: MemoryApi, said: str) -> None:
    answer = api.client().post("/api/events", **form({"name": "x", "date": said}, image_file()))
    assert_error(answer, 400, "invalid_request")
    assert {each["field"] for each in answer.json()["error"]["details"]} == {"date"}
    api.assert_untouched()


def test_unset_fields_are_left_out(api: MemoryApi) -> None:
    event = created(api, {"name": "x"})
    assert event.keys() == {"_id", "name", "images", "imageJobIds", "createdAt", "updatedAt"}
    assert created(api, {"name": "x", "tutor[name]": "Jane"})["tutor"] == {"name": "Jane"}


def test_an_event_without_a_name_is_400(api: MemoryApi) -> None:
    answer = api.client().post("/api/events", **form({"community": "x"}, image_file()))
    assert_error(answer, 400, "invalid_request")
    assert answer.json()["error"]["details"] == [{"field": "name", "message": "is required"}]
    api.assert_untouched()


@pytest.mark.parametrize("bad", [b"text", b"", image_bytes()[:-20]])
def test_one_bad_image_among_good_ones_refuses_the_whole_event(api: MemoryApi, bad: bytes) -> None:
    answer = api.client().post("/api/events", **form(ALL, image_file(), ("bad.png", bad), image_file()))
    assert answer.status_code in {400, 415, 422}
    api.assert_untouched()


def test_storage_lost_at_the_second_image_takes_the_event_and_the_first_image_back(api: MemoryApi) -> None:
    put, calls = api.storage.put, []

    def put_once(*args: Any, **kwargs: Any) -> None:
        calls.append(args[0])
        if len(calls) == 2:
            from imagejobs.storage.object_storage import StorageUnavailable

            raise StorageUnavailable("refused by the test")
        put(*args, **kwargs)

    api.storage.put = put_once  # type: ignore[method-assign]  # fails at its second call
    answer = api.client().post("/api/events", **form(ALL, image_file(), image_file()))
    assert_error(answer, 503, "storage_unavailable")
    assert len(calls) == 2
    api.assert_untouched()


def test_put_replaces_only_what_is_said_and_appends_images(api: MemoryApi) -> None:
    event = created(api, ALL, image_file("first.png"))
    changes = {"community": "Other", "tutor[name]": "Jane"}
    answer = api.client().put(f"/api/events/{event['_id']}", **form(changes, image_file("second.png")))
    after = answer.json()["data"]
    assert answer.status_code == 200
    assert after["imageJobIds"][:1] == event["imageJobIds"]
    assert [job.original_filename for job in api.all_jobs()] == ["first.png", "second.png"]
    kept = {name: event[name] for name in ("_id", "name", "date", "createdAt")}
    assert after.items() >= kept.items()
    assert (after["community"], after["tutor"]) == ("Other", {"type": "Internal", "name": "Jane"})
    assert shown(api, event["_id"]) == after


def test_put_with_images_only_changes_no_field(api: MemoryApi) -> None:
    event = created(api, ALL)
    after = api.client().put(f"/api/events/{event['_id']}", **form({}, image_file())).json()["data"]
    changing = ("updatedAt", "imageJobIds")
    assert {name: value for name, value in after.items() if name not in changing} == {
        name: value for name, value in event.items() if name not in changing
    }
    assert len(after["imageJobIds"]) == 1


def test_put_with_a_bad_image_changes_nothing(api: MemoryApi) -> None:
    event = created(api, ALL)
    state = api.left_behind()
    answer = api.client().put(f"/api/events/{event['_id']}", **form({"name": "Other"}, ("x.png", b"text")))
    assert_error(answer, 415, "unsupported_type")
    assert api.left_behind() == state


def test_only_images_of_completed_jobs_are_shown(api: MemoryApi) -> None:
    client = api.client()
    event = created(api, ALL, *[image_file(f"{n}.png") for n in range(4)])
    pending, processing, completed, failed = event["imageJobIds"]
    patched(client, processing, status="PROCESSING")
    patched(client, failed, status="FAILED")
    patched(client, completed, status="PROCESSING")
    patched(client, completed, status="COMPLETED", **OUTPUT)
    after = shown(api, event["_id"])
    assert after["images"] == [{"id": completed, "url": OUTPUT_URL, "status": "COMPLETED"}]
    assert after["imageJobIds"] == [pending, processing, completed, failed]
    client.delete(f"/api/image-jobs/{completed}")
    assert shown(api, event["_id"])["images"] == []
    assert client.get("/api/events").json()["data"][0]["imageJobIds"] == [pending, processing, failed]


def test_a_shown_image_tells_its_size_when_there_is_a_receipt(api: MemoryApi) -> None:
    client = api.client()
    (job_id,) = created(api, ALL, image_file())["imageJobIds"]
    facts = {"mimetype": "image/webp", "bytes": 7, "width": 8, "height": 6, "frames": 1, "sha256": "0" * 64}
    receipt = {"source": facts, "output": facts, "orientation": 1, "lossless": False, "quality": 80}
    patched(client, job_id, status="PROCESSING")
    patched(client, job_id, status="COMPLETED", receipt=receipt | {"encoder": "e", "durationMs": 1}, **OUTPUT)
    (image,) = client.get("/api/events").json()["data"][0]["images"]
    assert (image["width"], image["height"], image["bytes"]) == (8, 6, 7)


def test_a_list_of_events_is_newest_first_and_goes_on_at_its_cursor(api: MemoryApi) -> None:
    ids = [created(api, {"name": f"event {n}"})["_id"] for n in range(5)]
    first = api.client().get("/api/events", params={"limit": 3}).json()
    assert [event["_id"] for event in first["data"]] == ids[:1:-1]
    rest = api.client().get("/api/events", params={"limit": 3, "cursor": first["cursor"]}).json()
    assert [event["_id"] for event in rest["data"]] == [ids[1], ids[0]]
    assert "cursor" not in rest
    assert "cursor" not in api.client().get("/api/events", params={"limit": 5}).json()
