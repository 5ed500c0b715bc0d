"""An invalid multipart body gets the contract's error and leaves nothing behind."""

import errno
import itertools
import tempfile
from collections.abc import Iterator
from typing import Any

import pytest
from worlds.api_requests import assert_error, image_bytes
from worlds.memory_api import MemoryApi, memory_api
from worlds.raw_request import raw_request

FIELDS = {"entityType": "report", "entityId": "e1"}
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
TEXTS = text_part("entityType", "report") + text_part("entityId", "e1")


@pytest.fixture
def api() -> MemoryApi:
    return memory_api()


def post(api: MemoryApi, *parts: bytes, headers: dict[str, str] = MULTIPART, path: str = "/api/image-jobs") -> Any:
    return api.client().post(path, content=b"".join([*parts, END]), headers=headers)


@pytest.mark.parametrize(
    ("parts", "field", "message"),
    [
        ([TEXTS], "image", "is required"),
        ([TEXTS, file_part(filename="", data=b"")], "image", "is required"),
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
            '"a\\u0000b" does not match: One line, without control characters.',
        ),
        (
            [TEXTS, file_part(), text_part("colour", "red")],
            "colour",
            "is not a field of this form. Known: entityType, entityId, image.",
        ),
        ([TEXTS, file_part(), file_part("image[]")], "image[]", "Did you mean image?"),
        ([TEXTS, file_part(), text_part("entity_id", "e1")], "entity_id", "Did you mean entityId?"),
        ([TEXTS, file_part("image", data=b"") + file_part()], "image", "the file is empty"),
    ],
)
def test_a_form_that_breaks_the_contract_gets_the_place_of_each_fault(
    api: MemoryApi, parts: list[bytes], field: str, message: str
) -> None:
    answer = post(api, *parts)
    assert_error(answer, 400, "invalid_request")
    details = [(each.get("field", ""), each["message"]) for each in answer.json()["error"]["details"]]
    assert any(named == field and message in told for named, told in details), details
    api.assert_untouched()


def test_an_empty_field_of_a_browsers_form_counts_as_absent(api: MemoryApi) -> None:
    empty = [text_part(name, "") for name in ("community", "date", "tutor[type]", "tutor[name]")]
    nothing_chosen = file_part("images", filename="", data=b"")
    answer = post(api, text_part("name", "x"), *empty, nothing_chosen, path="/api/events")
    assert answer.status_code == 201, answer.text
    assert answer.json()["data"].keys() == {"_id", "name", "images", "imageJobIds", "createdAt", "updatedAt"}
    assert answer.json()["data"]["imageJobIds"] == []


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
        (TEXTS + file_part() + END, f"multipart/form-data; boundary={BOUNDARY}; charset=punycode"),
        (TEXTS + file_part() + END, f"multipart/form-data; boundary={BOUNDARY}; charset=undefined"),
        (TEXTS + file_part() + END, f"multipart/form-data; boundary={BOUNDARY}; charset=utf-7"),
        (file_part("\\ud800", data=b"") + END, f"multipart/form-data; boundary={BOUNDARY}; charset=unicode_escape"),
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
    problem = f", not {content_type}" if content_type else "; it is missing"
    assert message == f"Content-Type must be multipart/form-data{problem}."
    api.assert_untouched()


def test_a_missing_content_type_is_415(api: MemoryApi) -> None:
    answer = raw_request(api, "/api/image-jobs", {}, [TEXTS + file_part() + END, b""])
    assert (answer.status, answer.code) == (415, "unsupported_media_type")
    assert b"Content-Type must be multipart/form-data; it is missing." in answer.body
    api.assert_untouched()


def test_more_images_than_the_limit_are_400() -> None:
    api = memory_api(max_images=2)
    parts = [text_part("name", "Event"), *(file_part("images") for _ in range(3))]
    assert "2" in assert_error(post(api, *parts, path="/api/events"), 400, "invalid_request")
    api.assert_untouched()
    assert post(api, *parts[:3], path="/api/events").status_code == 201


# Limits: a body that exceeds one is refused before it is read completely.


def endless(first: bytes, piece: bytes) -> Iterator[bytes]:
    """A body far beyond every limit, but finite: a server that reads it all fails the test instead of hanging."""
    yield first
    yield from itertools.repeat(piece, 1_000)


START = TEXTS + f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="x.png"\r\n\r\n'.encode()


def test_a_declared_length_over_the_limit_is_413_before_anything_is_read() -> None:
    api = memory_api(max_upload_bytes=10_000)
    headers = MULTIPART | {"Content-Length": "5000000"}
    answer = raw_request(api, "/api/image-jobs", headers, endless(START, b"x" * 1_000))
    assert (answer.status, answer.code, answer.taken) == (413, "too_large", 0)
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
    assert "an image may have at most 1000" in assert_error(answer, 413, "too_large")
    api.assert_untouched()


@pytest.mark.parametrize("pieces", [[START], [START, image_bytes()[:50]], [TEXTS, file_part()], []])
def test_a_client_that_goes_away_leaves_nothing(api: MemoryApi, pieces: list[bytes]) -> None:
    answer = raw_request(api, "/api/image-jobs", MULTIPART, pieces)
    assert (answer.status, answer.code) == (400, "client_disconnected")
    api.assert_untouched()


def test_a_disk_that_cannot_take_the_upload_is_503(
    api: MemoryApi, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", full)
    answer = post(api, TEXTS, file_part(data=image_bytes() + bytes(2_000_000)))
    assert "No space left on device" in assert_error(answer, 503, "disk_unavailable")
    assert "temporary directory" in caplog.text
    assert int(answer.headers["retry-after"]) > 0
    api.assert_untouched()
