"""S3Storage when the environment or a setting names a proxy."""

import io
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from imagejobs.embedded.services.ports import LOOPBACK, free_port
from imagejobs.storage import s3_connections
from imagejobs.storage.object_storage import StorageUnavailable
from imagejobs.storage.s3 import S3Storage
from servers.certificates import self_signed
from servers.http_proxy import http_proxy
from servers.serving import serving

KEY = "raw/1.jpg"
LARGE = bytes(3 * s3_connections.SENT_AT_ONCE)


class Handler(BaseHTTPRequestHandler):
    """Keeps the last uploaded body in its class, and returns it for every GET."""

    stored = b""

    def do_PUT(self) -> None:
        type(self).stored = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(b"", ETag='"0"')

    def do_GET(self) -> None:
        self._answer(self.stored)

    def _answer(self, body: bytes, **headers: str) -> None:
        self.send_response(200)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def service(context: ssl.SSLContext | None = None) -> Iterator[int]:
    """The port of a server that stores one object; with a context it speaks TLS."""
    handler = type("_", (Handler,), {})
    server = ThreadingHTTPServer((LOOPBACK, 0), handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    with serving(server):
        yield server.server_port


def storage_at(endpoint: str, proxy: str = "") -> S3Storage:
    return S3Storage(endpoint, "access", "secret", "images", "https://pub.example", proxy=proxy)


def assert_puts_and_gets(storage: S3Storage) -> None:
    storage.put(KEY, io.BytesIO(LARGE), len(LARGE), "image/jpeg")
    assert storage.get(KEY, len(LARGE)) == LARGE


@pytest.mark.parametrize("named", [False, True], ids=["environment only", "R2_PROXY too"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_service_on_this_machine_is_reached_past_every_proxy(
    monkeypatch: pytest.MonkeyPatch, host: str, named: bool
) -> None:
    with http_proxy(status=403) as proxy, service() as port:
        for name, value in proxy.environment.items():
            monkeypatch.setenv(name, value)
        assert_puts_and_gets(storage_at(f"http://{host}:{port}", proxy.url if named else ""))
        assert proxy.heads == []


def test_a_service_elsewhere_is_reached_through_the_proxy_that_is_named() -> None:
    with service() as port, http_proxy(server_port=port) as proxy:
        assert_puts_and_gets(storage_at("http://s3.example:9000", proxy.url.replace("://", "://me:p%40ss@")))
    lines = [head.splitlines()[0] for head in proxy.heads]
    assert [line.split()[0] for line in lines] == ["PUT", "GET"]
    assert all(" http://s3.example:9000/images/raw/1.jpg " in line for line in lines)
    assert all("Proxy-Authorization: Basic bWU6cEBzcw==" in head for head in proxy.heads), "the base64 of me:p@ss"


def test_a_service_with_tls_is_reached_through_a_tunnel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    context, certificate = self_signed("s3.example", tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with service(context) as port, http_proxy(server_port=port) as proxy:
        assert_puts_and_gets(storage_at("https://s3.example", proxy.url))
    assert {head.partition(" HTTP/")[0] for head in proxy.heads} == {"CONNECT s3.example:443"}


@pytest.mark.parametrize("endpoint", ["http://s3.example:9000", "https://s3.example"])
@pytest.mark.parametrize("status", [403, 407, 502])
def test_what_goes_wrong_through_a_proxy_names_it_without_its_password(
    monkeypatch: pytest.MonkeyPatch, endpoint: str, status: int
) -> None:
    monkeypatch.setattr(s3_connections, "BACKOFF_SECONDS", 0.0)
    with http_proxy(status=status) as proxy:
        storage = storage_at(endpoint, proxy.url.replace("://", "://me:secret@"))
        told = f"{endpoint} through the proxy http://127.0.0.1:{proxy.port}"
        with pytest.raises(StorageUnavailable, match=told) as caught:
            storage.get(KEY, 10)
    assert "secret" not in str(caught.value)


def test_a_proxy_that_does_not_listen_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_connections, "BACKOFF_SECONDS", 0.0)
    port = free_port()
    with pytest.raises(
        StorageUnavailable, match=f"through the proxy http://127.0.0.1:{port} did not answer: .*refused"
    ):
        storage_at("https://s3.example", f"http://127.0.0.1:{port}").get(KEY, 10)


def test_a_proxy_that_swallows_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"READ_SECONDS": 0.1, "CONNECT_SECONDS": 0.1, "BACKOFF_SECONDS": 0.0}.items():
        monkeypatch.setattr(s3_connections, name, value)
    with (
        http_proxy() as proxy,
        pytest.raises(StorageUnavailable, match=f"through the proxy http://127.0.0.1:{proxy.port}"),
    ):
        storage_at("https://s3.example", proxy.url).get(KEY, 10)
