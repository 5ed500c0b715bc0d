"""An upload's type is determined by its bytes before anything is stored."""

import hashlib
from typing import Any

import pytest
from imagejobs.conversion.formats.registry import PNG, WEBP
from worlds.api_requests import assert_error, image_bytes
from worlds.memory_api import MemoryApi, memory_api

SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def upload(api: MemoryApi, filename: str, data: bytes, content_type: str = "image/png") -> Any:
    return api.client().post(
        "/api/image-jobs",
        data={"entityType": "other", "entityId": "x"},
        files={"image": (filename, data, content_type)},
    )


@pytest.mark.parametrize(
    ("filename", "data"),
    [
        ("photo.jpg", b"this is text, whatever its name says"),
        ("drawing.png", SVG),
        ("photo.png", b"%PDF-1.7"),
        ("photo.png", b"MVG push graphic-context"),
        ("photo.png", b"BM" + b"\0" * 100),
        ("photo.cr2", b"II*\0\x10\0\0\0CR" + b"\0" * 100),
        ("photo.png", b"\0"),
        ("photo.png", b"\n" + image_bytes()),
    ],
)
def test_what_is_no_accepted_image_by_its_bytes_is_415(filename: str, data: bytes) -> None:
    api = memory_api()
    message = assert_error(upload(api, filename, data), 415, "unsupported_type")
    assert filename in message
    assert "image/jpeg, image/png, image/gif, image/webp" in message
    api.assert_untouched()


def test_a_format_that_the_image_library_here_does_not_read_is_415() -> None:
    api = memory_api(formats=(PNG, WEBP))
    message = assert_error(upload(api, "photo.gif", image_bytes("gif")), 415, "unsupported_type")
    assert message.endswith("accepted are image/png, image/webp.")
    api.assert_untouched()


@pytest.mark.parametrize("name", ["png", "jpeg", "gif", "webp"])
def test_a_file_that_was_cut_off_is_422(name: str) -> None:
    api = memory_api()
    data = image_bytes(name, 64, 48)
    assert_error(upload(api, "photo", data[: len(data) // 2]), 422, "truncated")
    api.assert_untouched()


def test_an_image_beyond_the_pixel_limit_is_422() -> None:
    api = memory_api(max_pixels=47)
    assert "47 are allowed" in assert_error(upload(api, "photo.png", image_bytes()), 422, "too_many_pixels")
    api.assert_untouched()
    assert upload(memory_api(max_pixels=48), "photo.png", image_bytes()).status_code == 201


@pytest.mark.parametrize(
    ("name", "mimetype", "extension"),
    [
        ("png", "image/png", "png"),
        ("jpeg", "image/jpeg", "jpg"),
        ("gif", "image/gif", "gif"),
        ("webp", "image/webp", "webp"),
    ],
)
def test_type_and_key_come_from_the_bytes_not_from_the_client(name: str, mimetype: str, extension: str) -> None:
    api = memory_api()
    data = image_bytes(name)
    job = upload(api, "../../etc/passwd.exe", data, "text/html").json()["data"]
    assert (job["mimetype"], job["fileSize"], job["originalFilename"]) == (mimetype, len(data), "passwd.exe")
    assert job["sourceImageKey"].endswith(f".{extension}")
    stored = api.storage.stored(job["sourceImageKey"])
    assert (stored.body, stored.info.content_type) == (data, mimetype)
    assert api.all_jobs()[0].source_sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("C:\\Users\\me\\photo.png", "photo.png"),
        ("a\x07b\u202egnp.exe", "abgnp.exe"),
        ("Ünïcödé 写真.png", "Ünïcödé 写真.png"),
        ("x" * 300 + ".png", "x" * 255),
        ("/", "image"),
    ],
)
def test_the_clients_filename_is_kept_only_to_be_shown(sent: str, kept: str) -> None:
    api = memory_api()
    head = (
        f'--b\r\nContent-Disposition: form-data; name="image"; filename="{sent.replace(chr(92), chr(92) * 2)}"\r\n\r\n'
    )
    body = head.encode() + image_bytes() + b"\r\n"
    for name in ("entityType", "entityId"):
        body += f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\nother\r\n'.encode()
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = api.client().post("/api/image-jobs", content=body + b"--b--", headers=headers)
    assert answer.json()["data"]["originalFilename"] == kept
