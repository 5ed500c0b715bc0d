"""S3 only: public URLs, lists of more than one page, refused credentials, unavailable servers."""

import io
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest
import urllib3
from imagejobs.embedded.services.ports import free_port
from imagejobs.storage import s3_connections
from imagejobs.storage.object_storage import IMMUTABLE, ObjectStorage, StorageUnavailable
from imagejobs.testing.object_storage.samples import OUTPUT, RAW, put
from servers.fixtures import S3
from servers.processes import silent_server
from servers.s3_services import S3Service

# moto runs werkzeug's development server, which may leave sockets to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

BUCKET = "images"


@pytest.fixture(params=S3)
def s3(request: pytest.FixtureRequest) -> S3Service:
    """An S3 service with an empty bucket whose objects anyone may read."""
    service: S3Service = request.getfixturevalue(request.param)
    return service.with_empty_bucket(BUCKET)


class TestPublicAndPresigned:
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
        """moto, set to check credentials, which it does not do by default."""
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
        for call in calls(
            minio.with_empty_bucket(BUCKET).storage(BUCKET, secret_key="wrong-secret"), reading_head=False
        )[1:]:
            with pytest.raises(StorageUnavailable, match=r"SignatureDoesNotMatch.*R2_SECRET_ACCESS_KEY"):
                call()


def _reset_authentication(service: S3Service, after: str) -> None:
    fetch("POST", f"{service.endpoint}/moto-api/reset-auth", body=after)


def fetch(method: str, url: str, body: str | None = None) -> urllib3.BaseHTTPResponse:
    """Send a plain HTTP request without credentials, which must succeed."""
    answer = urllib3.request(method, url, body=body, timeout=5, retries=False)
    assert answer.status == 200, answer.data
    return answer


class TestUnavailableServer:
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
        monkeypatch.setattr(s3_connections, "BACKOFF_SECONDS", 0.0)
        with silent_server() as port:
            storage = S3Service(f"http://127.0.0.1:{port}").storage(BUCKET)
            started = time.monotonic()
            every_call: list[Callable[[], object]] = [*calls(storage), partial(storage.delete, RAW)]
            for call in every_call:
                with pytest.raises(StorageUnavailable, match=f"{BUCKET} at http://127.0.0.1:{port}"):
                    call()
            assert time.monotonic() - started < 15
