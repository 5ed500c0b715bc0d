"""S3Storage with responses that are slow, cut off, wrong, or not from an S3 service."""

import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from xml.sax.saxutils import escape

import pytest
from imagejobs.embedded.services.ports import LOOPBACK
from imagejobs.storage import s3_connections, s3_download
from imagejobs.storage.object_storage import ObjectNotFound, ObjectTooLarge, StorageUnavailable
from imagejobs.storage.s3 import S3Storage
from servers.serving import serving

KEY = "raw/1.jpg"


class ScriptedServer(ThreadingHTTPServer):
    """Answers each request with the next answer of `script`, and all further ones with the last."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script: list[Callable[[BaseHTTPRequestHandler], None]] = []
        self.requests: list[tuple[str, str, bytes]] = []

    def next_answer(self) -> Callable[[BaseHTTPRequestHandler], None]:
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ScriptedServer

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.requests.append((self.command, self.path, body))
        self.server.next_answer()(self)

    do_GET = do_PUT = do_HEAD = do_DELETE = handle_any  # noqa: N815 - the names that http.server calls

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        pass


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    scripted = ScriptedServer()
    with serving(scripted):
        yield scripted


@pytest.fixture
def storage(server: ScriptedServer) -> S3Storage:
    return storage_at(f"http://127.0.0.1:{server.server_port}")


def storage_at(endpoint: str, bucket: str = "images", region: str = "auto") -> S3Storage:
    return S3Storage(endpoint, "access", "secret", bucket, "https://pub.example", region)


def answer(status: int, body: bytes = b"", announced: int | None = None, **headers: str) -> Callable[..., None]:
    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body) if announced is None else announced))
        handler.end_headers()
        handler.wfile.write(body)
        if announced is not None:
            handler.close_connection = True

    return send


def error(status: int, code: str) -> Callable[..., None]:
    body = f"<Error><Code>{code}</Code><Message>told so</Message></Error>".encode()
    return answer(status, body, Content_Type="application/xml")


def chunked(*chunks: bytes) -> Callable[..., None]:
    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for chunk in (*chunks, b""):
            handler.wfile.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")

    return send


def test_a_body_shorter_than_announced_is_unavailable(server: ScriptedServer, storage: S3Storage) -> None:
    server.script = [answer(200, b"half", announced=8)]
    with pytest.raises(StorageUnavailable, match=r"4 bytes read, 4 more expected"):
        storage.get(KEY, 100)


def test_an_announced_length_beyond_the_limit_is_refused_before_the_body(
    server: ScriptedServer, storage: S3Storage
) -> None:
    server.script = [answer(200, b"", announced=101)]
    with pytest.raises(ObjectTooLarge, match="101"):
        storage.get(KEY, 100)


def test_a_body_without_an_announced_length_is_read_up_to_the_limit(server: ScriptedServer, storage: S3Storage) -> None:
    server.script = [chunked(b"one", b"two")]
    assert storage.get(KEY, 6) == b"onetwo"
    with pytest.raises(ObjectTooLarge):
        storage.get(KEY, 5)


def test_a_compressed_object_is_returned_as_it_is_stored(server: ScriptedServer, storage: S3Storage) -> None:
    server.script = [answer(200, b"\x1f\x8b-not-unpacked", Content_Encoding="gzip")]
    assert storage.get(KEY, 100) == b"\x1f\x8b-not-unpacked"


def test_a_body_that_drips_has_an_end(
    server: ScriptedServer, storage: S3Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        answer(200, b"drop", announced=8)(handler)
        handler.wfile.flush()
        released.wait(5)
        handler.wfile.write(b"late")

    monkeypatch.setattr(s3_download, "DOWNLOAD_SECONDS", -1.0)
    server.script = [drip]
    with pytest.raises(StorageUnavailable, match="did not arrive within"):
        storage.get(KEY, 100)
    released.set()


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_passing_error_is_tried_again(server: ScriptedServer, storage: S3Storage, status: int) -> None:
    server.script = [error(status, "SlowDown"), answer(200, b"body")]
    assert storage.get(KEY, 100) == b"body"


def test_a_put_that_is_tried_again_sends_the_whole_body_again(server: ScriptedServer, storage: S3Storage) -> None:
    server.script = [error(503, "SlowDown"), answer(200)]
    storage.put(KEY, io.BytesIO(b"body"), 4, "image/jpeg")
    assert server.requests == [("PUT", f"/images/{KEY}", b"body")] * 2


def test_tries_are_bounded_and_the_last_answer_is_told(server: ScriptedServer, storage: S3Storage) -> None:
    server.script = [error(503, "SlowDown")]
    with pytest.raises(StorageUnavailable, match="SlowDown, told so"):
        storage.get(KEY, 100)
    assert len(server.requests) == 3


def test_a_wish_to_be_left_alone_for_long_is_not_waited_for(server: ScriptedServer, storage: S3Storage) -> None:
    server.script = [answer(503, b"", Retry_After="3600"), answer(200, b"body")]
    assert storage.get(KEY, 100) == b"body"


def test_a_refusal_is_not_tried_again(server: ScriptedServer, storage: S3Storage) -> None:
    server.script = [error(403, "AccessDenied")]
    with pytest.raises(StorageUnavailable, match=r"AccessDenied.*may read, write, list and delete in this bucket"):
        storage.put(KEY, io.BytesIO(b"body"), 4, "image/jpeg")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (404, "NoSuchBucket", "the bucket does not exist"),
        (403, "AccessDenied", "it refuses the credentials, or their access to the bucket"),
        (403, "SignatureDoesNotMatch", "it refuses the credentials"),
        (403, "InvalidAccessKeyId", "it does not know the access key"),
        (400, "Unforeseen", "it refuses with Unforeseen"),
        (400, "/etc/passwd <script>", "it refuses"),
        (503, "SlowDown", "it refuses with SlowDown"),
    ],
)
def test_what_it_answers_is_told_in_words_for_anybody(
    server: ScriptedServer, storage: S3Storage, status: int, code: str, words: str
) -> None:
    server.script = [error(status, escape(code))]
    with pytest.raises(StorageUnavailable) as caught:
        storage.get(KEY, 100)
    assert (caught.value.answer or "").startswith(words)
    assert "127.0.0.1" not in (caught.value.answer or "")


def test_a_bucket_that_is_not_there_is_named(server: ScriptedServer, storage: S3Storage) -> None:
    server.script = [answer(404, b"")]
    with pytest.raises(StorageUnavailable) as caught:
        storage.ping()
    assert caught.value.answer == f"the bucket {storage._bucket} does not exist"


def test_a_web_page_in_the_place_of_s3_is_told_as_such(server: ScriptedServer, storage: S3Storage) -> None:
    server.script = [answer(404, b"<html>" + b"x" * 10_000, Content_Type="text/html")]
    with pytest.raises(StorageUnavailable, match=r"did not answer as an S3 service does.*check R2_ENDPOINT") as caught:
        storage.get(KEY, 100)
    assert len(str(caught.value)) < 600


def test_xml_that_is_broken_is_unavailable(server: ScriptedServer, storage: S3Storage) -> None:
    server.script = [answer(403, b"<Error><Code>", Content_Type="application/xml")]
    with pytest.raises(StorageUnavailable):
        storage.get(KEY, 100)


def test_a_redirect_is_not_followed(server: ScriptedServer, storage: S3Storage) -> None:
    server.script = [answer(301, b"", Location=f"http://127.0.0.1:{server.server_port}/elsewhere")]
    with pytest.raises(StorageUnavailable):
        storage.head(KEY)
    assert len(server.requests) == 1


def test_connections_are_given_back_after_every_kind_of_answer(server: ScriptedServer, storage: S3Storage) -> None:
    pool = storage._client._http.connection_from_url(f"http://127.0.0.1:{server.server_port}")
    for script in ([answer(200, b"body")], [error(404, "NoSuchKey")], [answer(200, b"too long")]):
        server.script = script
        with suppress(ObjectNotFound, ObjectTooLarge):
            storage.get(KEY, 5)
    assert pool.pool is not None
    assert pool.pool.qsize() == pool.pool.maxsize


class SlowReader:
    """Reads `takes` bytes of each connection in pieces, with a pause after each.

    Then it answers if that was a whole request, or else reads no more.
    """

    def __init__(self, takes: int, pause: float) -> None:
        self._takes, self._pause = takes, pause
        self._listener = socket.create_server((LOOPBACK, 0))
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
        self._over = threading.Event()
        self.connections = 0
        self.endpoint = f"http://{LOOPBACK}:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        with suppress(OSError), ExitStack() as clients:
            while True:
                client, _ = self._listener.accept()
                clients.enter_context(client)
                self.connections += 1
                self._read(client)

    def _read(self, client: socket.socket) -> None:
        left = self._takes
        while left > 0 and not self._over.is_set() and (data := client.recv(16_384)):
            left -= len(data)
            self._over.wait(self._pause)
        if left <= 0 and self._takes > BODY_BYTES:
            client.sendall(b"HTTP/1.1 200 OK\r\nETag: x\r\nContent-Length: 0\r\n\r\n")


BODY_BYTES = 4_000_000


def put_body(storage: S3Storage) -> None:
    storage.put(KEY, io.BytesIO(bytes(BODY_BYTES)), BODY_BYTES, "image/jpeg")


def test_a_body_may_take_longer_to_send_than_a_connection_to_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_connections, "CONNECT_SECONDS", 0.2)
    with SlowReader(BODY_BYTES + 1, 0.004) as server:
        begun = time.monotonic()
        put_body(storage_at(server.endpoint))
        assert time.monotonic() - begun > 2 * s3_connections.CONNECT_SECONDS
        assert server.connections == 1


@pytest.mark.parametrize(("takes", "limit"), [(100_000, "READ_SECONDS"), (BODY_BYTES + 1, "SEND_SECONDS")])
def test_a_server_that_does_not_take_a_body_in_time_is_given_up(
    monkeypatch: pytest.MonkeyPatch, takes: int, limit: str
) -> None:
    monkeypatch.setattr(s3_connections, limit, 0.3)
    with SlowReader(takes, 0.05) as server, pytest.raises(StorageUnavailable, match=r"timed out|not sent within"):
        put_body(storage_at(server.endpoint))
