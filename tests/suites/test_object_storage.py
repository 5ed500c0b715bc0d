"""The conformance suite of ObjectStorage: every implementation behaves alike, in its errors too."""

import io
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import urllib3
from imagejobs.embedded.services.ports import free_port
from imagejobs.storage import s3_connections
from imagejobs.storage.filesystem import FilesystemStorage
from imagejobs.storage.memory import MemoryStorage
from imagejobs.storage.object_storage import (
    IMMUTABLE,
    ObjectNotFound,
    ObjectStorage,
    ObjectTooLarge,
    StorageUnavailable,
)
from servers.fixtures import S3
from servers.processes import silent_server
from servers.s3_services import S3Service

# werkzeug's development server, which moto runs, may leave its sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

BUCKET = "images"
RAW = "raw/1700000000000-0123456789ab.jpg"
OUTPUT = "optimized/1700000000000-0123456789ab-optimized.webp"
UNSAFE = ("../signing.key", "raw/../../etc/passwd", "/etc/passwd", "raw//x.jpg", "")


@pytest.fixture(params=S3)
def s3(request: pytest.FixtureRequest) -> S3Service:
    """An S3 service with an empty bucket that everybody may read."""
    return with_empty_bucket(request.getfixturevalue(request.param))


@pytest.fixture(params=["memory", "filesystem", *S3])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStorage:
    if request.param == "memory":
        return MemoryStorage()
    if request.param == "filesystem":
        return FilesystemStorage(tmp_path / "objects", "http://127.0.0.1/media", b"k" * 32)
    return with_empty_bucket(request.getfixturevalue(request.param)).storage(BUCKET)


def with_empty_bucket(service: S3Service) -> S3Service:
    service.make_bucket(BUCKET)
    service.empty_bucket(BUCKET)
    return service


def put(storage: ObjectStorage, key: str, body: bytes = b"bytes", content_type: str = "image/jpeg") -> None:
    storage.put(key, io.BytesIO(body), len(body), content_type)


class TestEveryStorage:
    def test_what_was_put_is_got(self, storage: ObjectStorage) -> None:
        body = bytes(range(256)) * 1000
        put(storage, RAW, body)
        assert storage.get(RAW, len(body)) == body

    def test_an_empty_object_is_an_object(self, storage: ObjectStorage) -> None:
        put(storage, RAW, b"")
        assert storage.get(RAW, 10) == b""
        assert storage.head(RAW).size == 0

    def test_a_body_is_read_from_the_current_position_and_no_further(self, storage: ObjectStorage) -> None:
        data = io.BytesIO(b"skipped|body|rest")
        data.seek(8)
        storage.put(RAW, data, 4, "image/jpeg")
        assert storage.get(RAW, 10) == b"body"

    def test_a_body_that_ends_early_is_refused_and_leaves_what_was_there(self, storage: ObjectStorage) -> None:
        put(storage, RAW, b"old")
        with pytest.raises(ValueError, match="10 bytes were announced"):
            storage.put(RAW, io.BytesIO(b"short"), 10, "image/jpeg")
        assert storage.get(RAW, 10) == b"old"

    def test_a_second_put_replaces_the_first(self, storage: ObjectStorage) -> None:
        put(storage, OUTPUT, b"a long first version")
        put(storage, OUTPUT, b"second")
        assert storage.get(OUTPUT, 100) == b"second"

    def test_head_tells_size_type_and_time(self, storage: ObjectStorage) -> None:
        put(storage, OUTPUT, b"12345", "image/webp")
        info = storage.head(OUTPUT)
        assert (info.key, info.size, info.content_type) == (OUTPUT, 5, "image/webp")
        assert abs(datetime.now(UTC) - info.modified_at) < timedelta(seconds=5)

    def test_missing_objects_are_not_found(self, storage: ObjectStorage) -> None:
        with pytest.raises(ObjectNotFound, match=RAW):
            storage.get(RAW, 10)
        with pytest.raises(ObjectNotFound, match=RAW):
            storage.head(RAW)

    def test_the_name_of_a_folder_is_no_object(self, storage: ObjectStorage) -> None:
        put(storage, RAW)
        for missing in ("raw", f"{RAW}/below", "raw/" + "x" * 300 + ".jpg"):
            with pytest.raises(ObjectNotFound):
                storage.get(missing, 10)
            with pytest.raises(ObjectNotFound):
                storage.head(missing)

    def test_an_object_is_read_up_to_the_limit_and_not_beyond(self, storage: ObjectStorage) -> None:
        put(storage, RAW, b"x" * 1000)
        assert len(storage.get(RAW, 1000)) == 1000
        with pytest.raises(ObjectTooLarge, match=RAW):
            storage.get(RAW, 999)

    def test_delete_removes_and_does_not_mind_a_missing_object(self, storage: ObjectStorage) -> None:
        put(storage, RAW)
        storage.delete(RAW)
        storage.delete(RAW)
        with pytest.raises(ObjectNotFound):
            storage.head(RAW)

    def test_the_list_has_the_prefix_and_is_in_key_order(self, storage: ObjectStorage) -> None:
        for key in ("raw/2.jpg", "raw/10.png", "raw-other/1.jpg", "raw/a/b.jpg", "raw/a-b.jpg", OUTPUT):
            put(storage, key, key.encode())
        listed = list(storage.list("raw/"))
        assert [info.key for info in listed] == ["raw/10.png", "raw/2.jpg", "raw/a-b.jpg", "raw/a/b.jpg"]
        assert [info.size for info in listed] == [len(info.key) for info in listed]
        assert all(info.modified_at.tzinfo for info in listed)
        assert [info.key for info in storage.list("raw/1")] == ["raw/10.png"]
        assert list(storage.list("nothing/")) == []

    def test_a_listing_tells_when_each_object_was_written(self, storage: ObjectStorage) -> None:
        put(storage, RAW)
        (listed,) = storage.list("raw/")
        assert abs(datetime.now(UTC) - listed.modified_at) < timedelta(seconds=5)
        assert abs(storage.head(RAW).modified_at - listed.modified_at) < timedelta(seconds=1)

    def test_objects_that_are_deleted_as_they_are_listed_hide_no_others(self, storage: ObjectStorage) -> None:
        keys = [f"raw/{number:04}.jpg" for number in range(12)]
        for key in keys:
            put(storage, key)
        listed = []
        for info in storage.list("raw/"):
            listed.append(info.key)
            storage.delete(info.key)
        assert listed == keys
        assert list(storage.list("raw/")) == []

    @pytest.mark.parametrize("key", UNSAFE)
    def test_no_key_leads_out_of_the_storage(self, storage: ObjectStorage, key: str) -> None:
        with pytest.raises(ValueError, match="not a plain relative path"):
            put(storage, key)
        with pytest.raises(ObjectNotFound):
            storage.get(key, 10)
        with pytest.raises(ObjectNotFound):
            storage.head(key)
        storage.delete(key)

    def test_an_address_ends_with_the_key(self, storage: ObjectStorage) -> None:
        assert storage.public_url(RAW).endswith(f"/{RAW}")
        assert f"/{RAW}?" in storage.presigned_url(RAW, timedelta(minutes=5))

    def test_ping_answers(self, storage: ObjectStorage) -> None:
        storage.ping()


class TestS3:
    def test_everybody_reads_the_public_address_with_its_headers(self, s3: S3Service) -> None:
        storage = s3.storage(BUCKET)
        storage.put(OUTPUT, io.BytesIO(b"webp"), 4, "image/webp", IMMUTABLE)
        answer = fetch("GET", storage.public_url(OUTPUT))
        assert answer.data == b"webp"
        assert answer.headers["Content-Type"] == "image/webp"
        assert answer.headers["Cache-Control"] == IMMUTABLE

    def test_the_presigned_address_works_without_credentials(self, s3: S3Service) -> None:
        storage = s3.storage(BUCKET)
        put(storage, RAW, b"private")
        assert fetch("GET", storage.presigned_url(RAW, timedelta(minutes=1))).data == b"private"

    def test_more_objects_than_one_page_holds_are_listed(self, s3: S3Service) -> None:
        storage = s3.storage(BUCKET)
        keys = [f"raw/{number:04}.jpg" for number in range(1001)]
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(lambda key: put(storage, key, b""), keys))
        assert [info.key for info in storage.list("raw/")] == keys

    def test_a_missing_bucket_is_named_with_its_setting(self, s3: S3Service) -> None:
        storage = s3.storage(bucket="no-such-bucket")
        for call in calls(storage, reading_head=False):
            with pytest.raises(StorageUnavailable, match=r"no-such-bucket.*R2_BUCKET"):
                call()


def calls(storage: ObjectStorage, *, reading_head: bool = True) -> list[Callable[[], object]]:
    found: list[Callable[[], object]] = [
        storage.ping,
        lambda: put(storage, RAW),
        lambda: storage.get(RAW, 10),
        lambda: list(storage.list("raw/")),
    ]
    return [*found, lambda: storage.head(RAW)] if reading_head else found


class TestRefusedCredentials:
    @pytest.fixture
    def strict_moto(self, moto: S3Service) -> Iterator[S3Service]:
        """moto checks no credentials unless told to."""
        _reset_authentication(moto, after="0")
        yield moto
        _reset_authentication(moto, after="inf")

    def test_moto_knows_no_such_key(self, strict_moto: S3Service) -> None:
        for call in calls(strict_moto.storage(BUCKET), reading_head=False)[1:]:
            with pytest.raises(StorageUnavailable, match=r"InvalidAccessKeyId.*check R2_ACCESS_KEY_ID"):
                call()
        for call in (strict_moto.storage(BUCKET).ping, lambda: strict_moto.storage(BUCKET).head(RAW)):
            with pytest.raises(StorageUnavailable, match=r"AccessDenied.*R2_ACCESS_KEY_ID"):
                call()

    def test_minio_refuses_a_wrong_secret(self, minio: S3Service) -> None:
        for call in calls(with_empty_bucket(minio).storage(BUCKET, secret_key="wrong-secret"), reading_head=False)[1:]:
            with pytest.raises(StorageUnavailable, match=r"SignatureDoesNotMatch.*R2_SECRET_ACCESS_KEY"):
                call()


def _reset_authentication(service: S3Service, after: str) -> None:
    fetch("POST", f"{service.endpoint}/moto-api/reset-auth", body=after)


def fetch(method: str, url: str, body: str | None = None) -> urllib3.BaseHTTPResponse:
    """Plain HTTP, without credentials."""
    answer = urllib3.request(method, url, body=body, timeout=5, retries=False)
    assert answer.status == 200, answer.data
    return answer


class TestServerAway:
    def test_a_refused_connection_is_reported_soon(self) -> None:
        service = S3Service(f"http://127.0.0.1:{free_port()}")
        started = time.monotonic()
        for call in calls(service.storage(BUCKET)):
            with pytest.raises(StorageUnavailable, match="did not answer"):
                call()
        with pytest.raises(StorageUnavailable):
            service.storage(BUCKET).delete(RAW)
        assert time.monotonic() - started < 15

    def test_a_server_that_never_answers_is_given_up_in_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(s3_connections, "READ_SECONDS", 0.05)
        with silent_server() as port:
            storage = S3Service(f"http://127.0.0.1:{port}").storage(BUCKET)
            started = time.monotonic()
            every_call: list[Callable[[], object]] = [*calls(storage), partial(storage.delete, RAW)]
            for call in every_call:
                with pytest.raises(StorageUnavailable, match=f"{BUCKET} at http://127.0.0.1:{port}"):
                    call()
            assert time.monotonic() - started < 15

    def test_a_directory_that_cannot_be_made_is_unavailable(self, tmp_path: Path) -> None:
        (tmp_path / "objects").write_text("a file where the directory should be")
        storage = FilesystemStorage(tmp_path / "objects", "http://127.0.0.1/media", b"k" * 32)
        with pytest.raises(StorageUnavailable, match="DATA_DIR"):
            storage.ping()
        with pytest.raises(StorageUnavailable, match="objects"):
            put(storage, RAW)
