"""Bad requests: each gets the contract's error, and leaves nothing behind."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from memory_api import (
    JSON_TYPE,
    UNKNOWN_ID,
    MemoryApi,
    assert_error,
    created_job,
    image_bytes,
    image_file,
    memory_api,
    patched,
    raw_request,
)

FIELDS = {"entityType": "event", "entityId": "e1"}
BOUNDARY = "b0undary"
MULTIPART = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


def file_part(name: str = "image", filename: str = "photo.png", data: bytes | None = None) -> bytes:
    body = image_bytes() if data is None else data
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n\r\n'
    return head.encode() + body + b"\r\n"


def text_part(name: str, text: str | bytes) -> bytes:
    body = text.encode() if isinstance(text, str) else text
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + body + b"\r\n"


END = f"--{BOUNDARY}--\r\n".encode()
TEXTS = text_part("entityType", "event") + text_part("entityId", "e1")


@pytest.fixture
def api() -> MemoryApi:
    return memory_api()


def post(api: MemoryApi, *parts: bytes, headers: dict[str, str] = MULTIPART, path: str = "/api/image-jobs") -> Any:
    return api.client().post(path, content=b"".join([*parts, END]), headers=headers)


@pytest.mark.parametrize(
    ("parts", "field", "message"),
    [
        ([TEXTS], "image", "is required"),
        ([TEXTS, file_part(), file_part()], "image", "is given more than once"),
        ([TEXTS, file_part(), text_part("entityType", "report")], "entityType", "is given more than once"),
        ([TEXTS, text_part("image", "no file")], "image", "must be a file"),
        ([text_part("entityId", "e1"), file_part("entityType"), file_part()], "entityType", "must be text, not a file"),
        ([TEXTS, file_part(data=b"")], "image", "the file is empty"),
        ([text_part("entityId", "e1"), text_part("entityType", "planet"), file_part()], "entityType", "planet"),
        ([text_part("entityType", "event"), file_part()], "entityId", "is required"),
        ([text_part("entityType", "event"), text_part("entityId", ""), file_part()], "entityId", "shorter than 1"),
        ([text_part("entityType", "event"), text_part("entityId", "e" * 201), file_part()], "entityId", "longer than"),
        (
            [text_part("entityType", "event"), text_part("entityId", "a\x00b"), file_part()],
            "entityId",
            "does not match",
        ),
        ([TEXTS, file_part(), text_part("colour", "red")], "", "colour"),
        ([TEXTS, file_part(), file_part("extra")], "", "extra"),
    ],
)
def test_a_form_that_breaks_the_contract_is_told_where(
    api: MemoryApi, parts: list[bytes], field: str, message: str
) -> None:
    answer = post(api, *parts)
    assert_error(answer, 400, "invalid_request")
    details = [(each.get("field", ""), each["message"]) for each in answer.json()["error"]["details"]]
    assert any(named == field and message in told for named, told in details), details
    api.assert_untouched()


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", f"multipart/form-data; boundary={BOUNDARY}"),
        (TEXTS + file_part(), "multipart/form-data"),
        (TEXTS + file_part(), "multipart/form-data; boundary="),
        (TEXTS + file_part(), f"multipart/form-data; boundary={'b' * 400}"),
        (b"not multipart at all", f"multipart/form-data; boundary={BOUNDARY}"),
        (b"--" + BOUNDARY.encode() + b"\r\n\r\nno name\r\n" + END, f"multipart/form-data; boundary={BOUNDARY}"),
        (text_part("x", "1") * 60 + END, f"multipart/form-data; boundary={BOUNDARY}"),
        (text_part("entityId", "x" * 20_000) + END, f"multipart/form-data; boundary={BOUNDARY}"),
    ],
)
def test_what_is_no_multipart_body_is_400(api: MemoryApi, body: bytes, content_type: str) -> None:
    answer = api.client().post("/api/image-jobs", content=body, headers={"Content-Type": content_type})
    assert_error(answer, 400, "invalid_request")
    api.assert_untouched()


def test_a_body_that_stops_before_its_last_boundary_is_refused(api: MemoryApi) -> None:
    answer = api.client().post("/api/image-jobs", content=TEXTS + file_part()[:-30], headers=MULTIPART)
    assert_error(answer, 400, "invalid_request")
    api.assert_untouched()


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "multipart/mixed; boundary=x", "", "x"])
def test_another_content_type_is_415(api: MemoryApi, content_type: str) -> None:
    message = assert_error(
        post(api, TEXTS, file_part(), headers={"Content-Type": content_type}), 415, "unsupported_media_type"
    )
    assert message.startswith("Content-Type must be multipart/form-data, not ")
    api.assert_untouched()


def test_a_missing_content_type_is_415(api: MemoryApi) -> None:
    answer = raw_request(api, "/api/image-jobs", {}, [TEXTS + file_part() + END, b""])
    assert (answer.status, answer.code) == (415, "unsupported_media_type")
    assert b"not missing" in answer.body
    api.assert_untouched()


def test_more_images_than_the_limit_are_400() -> None:
    api = memory_api(max_images=2)
    parts = [text_part("name", "Event"), *(file_part("images") for _ in range(3))]
    assert "2" in assert_error(post(api, *parts, path="/api/events"), 400, "invalid_request")
    api.assert_untouched()
    assert post(api, *parts[:3], path="/api/events").status_code == 201


# Limits: a body beyond them is refused before it is read to its end.


def endless(first: bytes, piece: bytes) -> Iterator[bytes]:
    yield first
    while True:
        yield piece


START = TEXTS + f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="x.png"\r\n\r\n'.encode()


def test_a_declared_length_over_the_limit_is_413_before_anything_is_read() -> None:
    api = memory_api(max_upload_bytes=10_000)
    headers = MULTIPART | {"Content-Length": "5000000"}
    answer = raw_request(api, "/api/image-jobs", headers, endless(START, b"x" * 1_000))
    assert (answer.status, answer.code, answer.taken) == (413, "too_large", 0)
    assert answer.headers["connection"] == "close"
    api.assert_untouched()


def test_a_chunked_body_over_the_limit_is_413_as_soon_as_the_limit_is_passed() -> None:
    api = memory_api(max_upload_bytes=10_000)
    answer = raw_request(api, "/api/image-jobs", MULTIPART, endless(START, b"x" * 1_000))
    assert (answer.status, answer.code) == (413, "too_large")
    assert 70 < answer.taken < 80  # 10,000 bytes for the file and 64 KiB for the fields, in pieces of 1,000
    api.assert_untouched()


def test_a_declared_length_that_lies_does_not_let_more_through() -> None:
    api = memory_api(max_upload_bytes=10_000)
    headers = MULTIPART | {"Content-Length": "10"}
    answer = raw_request(api, "/api/image-jobs", headers, endless(START, b"x" * 1_000))
    assert answer.status == 413
    assert answer.taken < 80
    api.assert_untouched()


def test_an_event_may_have_more_bytes_than_one_image_but_not_more_than_its_own_limit() -> None:
    api = memory_api(max_upload_bytes=10_000, max_request_bytes=200_000)
    start = START.replace(b'"image"', b'"images"')
    answer = raw_request(api, "/api/events", MULTIPART, endless(start, b"x" * 1_000))
    assert answer.status == 413
    assert 195 < answer.taken < 205
    api.assert_untouched()


def test_one_file_over_the_limit_is_413_though_the_body_is_not() -> None:
    api = memory_api(max_upload_bytes=1_000)
    answer = post(api, TEXTS, file_part(data=image_bytes() + b"\0" * 1_000))
    assert "an image may have 1000" in assert_error(answer, 413, "too_large")
    api.assert_untouched()


@pytest.mark.parametrize("pieces", [[START], [START, image_bytes()[:50]], [TEXTS, file_part()], []])
def test_a_client_that_goes_away_leaves_nothing(api: MemoryApi, pieces: list[bytes]) -> None:
    answer = raw_request(api, "/api/image-jobs", MULTIPART, pieces)
    assert (answer.status, answer.code) == (400, "client_disconnected")
    api.assert_untouched()


# JSON.


def patch_raw(api: MemoryApi, body: bytes, headers: dict[str, str] = JSON_TYPE) -> Any:
    job_id = created_job(api.client())["_id"]
    before = api.all_jobs()
    answer = api.client().patch(f"/api/image-jobs/{job_id}/status", content=body, headers=headers)
    assert api.all_jobs() == before
    return answer


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"status=PROCESSING",
        b"\xff\xfe\x00",
        b'{"status": "FAILED", "errorMsg": NaN}',
        b'{"status": "PROCESSING", "leaseSeconds": Infinity}',
        b'{"status": "PROCESSING", "leaseSeconds": -Infinity}',
        b'{"status": "FAILED", "errorMsg": "\\ud800"}',
        b'{"status": "PROCESSING", "\\udfff": 1}',
        b"[" * 30_000,
        b'{"status": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
        b"1" * 5_000,
    ],
)
def test_what_is_no_json_is_400(api: MemoryApi, body: bytes) -> None:
    answer = patch_raw(api, body)
    message = assert_error(answer, 400, "invalid_request")
    assert "not JSON" in message or "not of type" in message


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], ""),
        (None, ""),
        ("PROCESSING", ""),
        ({}, "status"),
        ({"status": "DONE"}, "status"),
        ({"status": "Processing"}, "status"),
        ({"status": "DELETING"}, "status"),
        ({"status": None}, "status"),
        ({"status": ["PROCESSING"]}, "status"),
        ({"status": "COMPLETED"}, "outputImageKey"),
        ({"status": "completed", "outputImageKey": ""}, "outputImageKey"),
        (
            {"status": "COMPLETED", "outputImageKey": "optimized/x", "outputImageURL": "javascript:alert(1)"},
            "outputImageURL",
        ),
        ({"status": "COMPLETED", "outputImageKey": "optimized/x", "receipt": {}}, "receipt.source"),
        ({"status": "PENDING"}, "attempt"),
        ({"status": "PROCESSING", "attempt": 0}, "attempt"),
        ({"status": "PROCESSING", "attempt": 1.5}, "attempt"),
        ({"status": "PROCESSING", "attempt": "1"}, "attempt"),
        ({"status": "PROCESSING", "attempt": 2**31}, "attempt"),
        ({"status": "PROCESSING", "leaseSeconds": 0}, "leaseSeconds"),
        ({"status": "PROCESSING", "leaseSeconds": 1e300}, "leaseSeconds"),
        ({"status": "FAILED", "errorMsg": 7}, "errorMsg"),
        ({"status": "FAILED", "errorCode": "Not A Code"}, "errorCode"),
        ({"status": "FAILED", "retryable": "yes"}, "retryable"),
    ],
)
def test_json_that_breaks_the_contract_is_told_where(api: MemoryApi, body: Any, field: str) -> None:
    answer = patch_raw(api, json.dumps(body).encode())
    assert_error(answer, 400, "invalid_request")
    assert field in {each.get("field", "") for each in answer.json()["error"]["details"]}


def test_json_over_64_kib_is_413(api: MemoryApi) -> None:
    answer = patch_raw(api, json.dumps({"status": "FAILED", "errorMsg": "x" * 66_000}).encode())
    assert "65536 bytes" in assert_error(answer, 413, "too_large")


def test_endless_json_is_413_as_soon_as_the_limit_is_passed(api: MemoryApi) -> None:
    path = f"/api/image-jobs/{UNKNOWN_ID}/status"
    answer = raw_request(api, path, JSON_TYPE, endless(b'"', b"x" * 1_000), method="PATCH")
    assert answer.status == 413
    assert 65 < answer.taken < 70


@pytest.mark.parametrize("content_type", ["text/json", "application/x-www-form-urlencoded", "", "application/json5"])
def test_json_under_another_content_type_is_415(api: MemoryApi, content_type: str) -> None:
    assert_error(
        patch_raw(api, b'{"status":"PROCESSING"}', {"Content-Type": content_type}), 415, "unsupported_media_type"
    )


def test_json_with_a_charset_is_json(api: MemoryApi) -> None:
    job_id = created_job(api.client())["_id"]
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    answer = api.client().patch(f"/api/image-jobs/{job_id}/status", content=b'{"status":"PROCESSING"}', headers=headers)
    assert answer.json()["data"]["status"] == "PROCESSING"


def test_a_whole_number_written_as_1_0_is_taken_for_1(api: MemoryApi) -> None:
    client = api.client()
    job_id = created_job(client)["_id"]
    patched(client, job_id, status="PROCESSING")
    answer = patched(client, job_id, status="FAILED", attempt=1.0, errorMsg="broken")
    assert (answer.status_code, answer.json()["data"]["status"]) == (200, "FAILED")
    assert [type(job.attempt) for job in api.all_jobs()] == [int]


# Parameters.


@pytest.mark.parametrize(
    "bad_id", ["x", "655501d2f12a3d0f3c5a100", "655501d2f12a3d0f3c5a10022", "g" * 24, "%00" * 24, "٣" * 24]
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/image-jobs/{}"),
        ("DELETE", "/api/image-jobs/{}"),
        ("POST", "/api/image-jobs/{}/retry"),
        ("PATCH", "/api/image-jobs/{}/status"),
        ("GET", "/api/events/{}"),
        ("PUT", "/api/events/{}"),
    ],
)
def test_an_id_that_is_no_objectid_is_400(api: MemoryApi, method: str, path: str, bad_id: str) -> None:
    answer = api.client().request(method, path.format(bad_id))
    assert_error(answer, 400, "invalid_request")
    assert [each["field"] for each in answer.json()["error"]["details"]] == ["id"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/image-jobs/{}", {}),
        ("DELETE", "/api/image-jobs/{}", {}),
        ("POST", "/api/image-jobs/{}/retry", {}),
        ("PATCH", "/api/image-jobs/{}/status", {"json": {"status": "PROCESSING"}}),
        ("PATCH", "/api/image-jobs/{}/status", {"json": {"status": "FAILED"}}),
        ("PATCH", "/api/image-jobs/{}/status", {"json": {"status": "COMPLETED", "outputImageKey": "optimized/x.webp"}}),
        ("PATCH", "/api/image-jobs/{}/status", {"json": {"status": "PENDING", "attempt": 1}}),
        ("GET", "/api/events/{}", {}),
        ("PUT", "/api/events/{}", {"files": {"images": image_file()}}),
    ],
)
def test_an_unknown_id_is_404(api: MemoryApi, method: str, path: str, body: dict[str, Any]) -> None:
    answer = api.client().request(method, path.format(UNKNOWN_ID), **body)
    assert UNKNOWN_ID in assert_error(answer, 404, "not_found")
    api.assert_untouched()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=ten", "limit"),
        ("limit=1_0", "limit"),
        ("limit=%D9%A3", "limit"),
        ("limit=" + "9" * 5_000, "limit"),
        ("limit=1&limit=2", "limit"),
        ("cursor=x", "cursor"),
        ("status=DELETING", "status"),
        ("status=pending", "status"),
        ("entityType=planet", "entityType"),
        ("entityId=", "entityId"),
    ],
)
def test_a_query_that_breaks_the_contract_is_told_where(api: MemoryApi, query: str, field: str) -> None:
    answer = api.client().get(f"/api/image-jobs?{query}")
    assert_error(answer, 400, "invalid_request")
    assert field in {each["field"] for each in answer.json()["error"]["details"]}


@pytest.mark.parametrize("key", ["", "x" * 201, "two words", "t\tab"])
def test_an_idempotency_key_that_breaks_the_contract_is_400(api: MemoryApi, key: str) -> None:
    answer = post(api, TEXTS, file_part(), headers=MULTIPART | {"Idempotency-Key": key})
    assert_error(answer, 400, "invalid_request")
    api.assert_untouched()
