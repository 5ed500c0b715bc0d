"""`/media/` replaces a bucket's public URL: outputs are public, sources only if the settings allow it."""

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from imagejobs.api.app import create_app
from imagejobs.storage.filesystem import FilesystemStorage
from imagejobs.storage.object_storage import StorageUnavailable
from starlette.testclient import TestClient
from worlds.api_requests import assert_error, image_bytes
from worlds.memory_api import HOST, memory_api

RAW, OUTPUT = "raw/1700000000000-0123456789ab.png", "optimized/1700000000000-0123456789ab-optimized.webp"
DATA = image_bytes("webp", 64, 48)


@pytest.fixture
def storage(tmp_path: Path) -> FilesystemStorage:
    storage = FilesystemStorage(tmp_path / "objects", f"http://{HOST}/media", b"k" * 32)
    storage.put(RAW, io.BytesIO(image_bytes()), len(image_bytes()), "image/png")
    storage.put(OUTPUT, io.BytesIO(DATA), len(DATA), "image/webp")
    storage.put("other/x.png", io.BytesIO(b"x"), 1, "image/png")
    (tmp_path / "secret").write_text("not an object")
    return storage


@pytest.fixture
def client_of(storage: FilesystemStorage) -> Callable[[str], TestClient]:
    def client(source_url: str) -> TestClient:
        api = memory_api(source_url=source_url)
        app = create_app(api.settings, replace(api.adapters, storage=storage))
        return TestClient(app, base_url=f"http://{HOST}", raise_server_exceptions=False)

    return client


@pytest.fixture
def public(client_of: Callable[[str], TestClient]) -> TestClient:
    return client_of("public")


@pytest.fixture
def private(client_of: Callable[[str], TestClient]) -> TestClient:
    return client_of("presigned")


def relative(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


@pytest.mark.parametrize("source_url", ["public", "presigned"])
def test_an_output_is_for_everybody_and_for_ever(client_of: Callable[[str], TestClient], source_url: str) -> None:
    answer = client_of(source_url).get(f"/media/{OUTPUT}")
    assert (answer.status_code, answer.content) == (200, DATA)
    assert answer.headers["content-type"] == "image/webp"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


def test_a_source_is_public_by_default_but_not_kept_by_caches(public: TestClient) -> None:
    answer = public.get(f"/media/{RAW}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert answer.headers["cache-control"] == "private, no-store"


def test_a_private_source_is_read_through_a_signed_address_only(
    private: TestClient, storage: FilesystemStorage
) -> None:
    assert_error(private.get(f"/media/{RAW}"), 404, "not_found")
    answer = private.get(relative(storage.presigned_url(RAW, timedelta(hours=1))))
    assert (answer.status_code, answer.content) == (200, image_bytes())


def test_an_expired_signature_is_refused(private: TestClient, storage: FilesystemStorage) -> None:
    assert_error(private.get(relative(storage.presigned_url(RAW, timedelta(seconds=-1)))), 404, "not_found")


def test_a_signature_is_good_for_its_key_and_time_only(private: TestClient, storage: FilesystemStorage) -> None:
    good = relative(storage.presigned_url(RAW, timedelta(hours=1)))
    expires = good.partition("expires=")[2].partition("&")[0]
    signature = good.partition("signature=")[2]
    other_key = FilesystemStorage(Path("unused"), f"http://{HOST}/media", b"z" * 32)
    forged = [
        f"/media/{RAW}?expires={int(expires) + 1}&signature={signature}",
        f"/media/{RAW}?expires={expires}&signature={'0' * 64}",
        f"/media/{RAW}?expires={expires}&signature={signature[:-1]}",
        f"/media/{RAW}?expires={expires}&signature=%C3%A9",
        f"/media/{RAW}?expires={expires}",
        f"/media/{RAW}?signature={signature}",
        f"/media/{RAW}?expires={'9' * 5_000}&signature={signature}",
        f"/media/{RAW}?expires=%D9%A3&signature={signature}",
        f"/media/{RAW}?expires=-1&signature={signature}",
        good.replace(RAW, "other/x.png"),
        relative(other_key.presigned_url(RAW, timedelta(hours=1))),
    ]
    assert private.get(good).status_code == 200
    for address in forged:
        assert_error(private.get(address), 404, "not_found")


@pytest.mark.parametrize(
    "path",
    [
        "../secret",
        "%2e%2e/secret",
        "..%2fsecret",
        "raw/../../secret",
        "raw/%2e%2e/%2e%2e/secret",
        "optimized/..%2f..%2fsecret",
        "%2fetc%2fpasswd",
        "raw/",
        "raw",
        "",
        "raw//x.png",
        "raw/.put-draft",
        "raw/x%00.png",
        "raw/" + "x" * 300 + ".png",
        "other/x.png",
        "raw/1700000000000-000000000000.png",
        "optimized/1700000000000-000000000000-optimized.webp",
    ],
)
def test_nothing_but_objects_under_the_two_prefixes_is_served(public: TestClient, path: str) -> None:
    answer = public.get(f"/media/{path}")
    assert_error(answer, 404, "not_found")
    assert "not an object" not in answer.text


def test_a_range_is_answered_in_part(public: TestClient) -> None:
    answer = public.get(f"/media/{OUTPUT}", headers={"Range": "bytes=4-9"})
    assert (answer.status_code, answer.content) == (206, DATA[4:10])
    assert answer.headers["content-range"] == f"bytes 4-9/{len(DATA)}"
    beyond = public.get(f"/media/{OUTPUT}", headers={"Range": f"bytes={len(DATA)}-"})
    assert beyond.status_code == 416


def test_head_tells_the_size_without_the_bytes(public: TestClient) -> None:
    answer = public.head(f"/media/{OUTPUT}")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len(DATA))


def test_what_a_client_has_already_is_304(public: TestClient) -> None:
    etag = public.get(f"/media/{OUTPUT}").headers["etag"]
    held = {"etag": etag, "weak": f"W/{etag}", "list": f'"x", {etag}', "any": "*"}
    for tag in held.values():
        answer = public.get(f"/media/{OUTPUT}", headers={"If-None-Match": tag})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert public.get(f"/media/{OUTPUT}", headers={"If-None-Match": '"another"'}).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_media_cannot_be_written(public: TestClient, method: str) -> None:
    assert_error(public.request(method, f"/media/{OUTPUT}"), 405, "method_not_allowed")


def test_other_storages_serve_their_own_media() -> None:
    assert_error(memory_api().client().get(f"/media/{OUTPUT}"), 404, "not_found")


def test_storage_that_cannot_be_read_is_503(public: TestClient, storage: FilesystemStorage) -> None:
    def away(_key: str) -> None:
        raise StorageUnavailable("refused by the test")

    storage.head = away  # type: ignore[method-assign, assignment]  # a disk that fails
    answer = public.get(f"/media/{OUTPUT}")
    assert_error(answer, 503, "storage_unavailable")
    assert int(answer.headers["retry-after"]) > 0


def test_a_bug_outside_the_contract_is_500_in_the_envelope_too(public: TestClient, storage: FilesystemStorage) -> None:
    def broken(_key: str) -> None:
        raise RuntimeError("secret of the disk")

    storage.head = broken  # type: ignore[method-assign, assignment]  # a bug for once
    answer = public.get(f"/media/{OUTPUT}")
    assert "secret" not in assert_error(answer, 500, "internal_error")
