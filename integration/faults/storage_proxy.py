"""A proxy to an S3 service that makes chosen requests fail as a bad network or an overloaded service would."""

import http.client
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import urlsplit

from imagejobs.embedded.services.ports import LOOPBACK

SECONDS = 30.0
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "server", "date"}


class Trouble(StrEnum):
    """What happens to a request."""

    REFUSED = "500"
    OVERLOADED = "503"
    SLOW = "slow"
    CUT = "cut at half"
    SHORT = "half of it, with a length to match"
    REPLY_LOST = "done, but the reply is lost"


@dataclass
class Troubles:
    """What happens to the next `times` requests with this method whose path contains `part`.

    `met` counts these requests. `then` is called when the first of them arrives.
    """

    trouble: Trouble
    method: str
    part: str
    times: int
    slow_seconds: float = 0.0
    met: int = 0
    then: Callable[[], None] | None = None


class StorageProxy:
    """Forwards requests to an S3 service. Signatures stay valid, because the signed Host header is forwarded too."""

    def __init__(self, endpoint: str) -> None:
        self.upstream = urlsplit(endpoint).netloc
        self._lock = threading.Lock()
        self._troubles: Troubles | None = None
        self.healed = threading.Event()
        self._server = ThreadingHTTPServer((LOOPBACK, 0), _handler_of(self))
        self._server.daemon_threads = True
        self.endpoint = f"http://{LOOPBACK}:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="storage", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.heal()
        self._server.shutdown()
        self._server.server_close()

    def trouble(self, troubles: Troubles) -> Troubles:
        """Apply these troubles to matching requests until they have happened `times` times."""
        with self._lock:
            self.healed.clear()
            self._troubles = troubles
        return troubles

    def heal(self) -> None:
        """End all troubles, also for requests that are being delayed right now."""
        with self._lock:
            self._troubles = None
            self.healed.set()

    def meets(self, method: str, path: str) -> Troubles | None:
        """Count this request and return the troubles that apply to it, or None."""
        with self._lock:
            found = self._troubles
            if found is None or method != found.method or found.part not in path or found.met >= found.times:
                return None
            found.met += 1
        if found.then and found.met == 1:
            found.then()
        return found


def _handler_of(proxy: StorageProxy) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        storage = proxy

    return Handler


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    storage: StorageProxy

    def handle_one_request(self) -> None:
        with suppress(ConnectionError):
            super().handle_one_request()

    def log_message(self, *_: object) -> None:
        """Log nothing."""

    def _hand_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        troubles = self.storage.meets(self.command, self.path)
        trouble = troubles.trouble if troubles else None
        if trouble in {Trouble.REFUSED, Trouble.OVERLOADED}:
            self._send(int(trouble), [("Content-Length", "0")], b"")
            return
        if troubles and trouble == Trouble.SLOW:
            self.storage.healed.wait(troubles.slow_seconds)
        status, headers, answer = self._ask(body)
        if trouble == Trouble.REPLY_LOST:
            self.close_connection = True
            return
        half = answer[: len(answer) // 2] if trouble in {Trouble.CUT, Trouble.SHORT} else answer
        if trouble == Trouble.SHORT:
            headers = [(name, str(len(half)) if name.lower() == "content-length" else value) for name, value in headers]
        self.close_connection = self.close_connection or trouble == Trouble.CUT
        self._send(status, headers, half)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _hand_on  # noqa: N815 - http.server's names

    def _ask(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        upstream = http.client.HTTPConnection(self.storage.upstream, timeout=SECONDS)
        try:
            upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                upstream.putheader(name, value)
            upstream.endheaders(body or None)
            answer = upstream.getresponse()
            read = answer.read()
            headers = [(name, value) for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP]
            if not any(name.lower() == "content-length" for name, _ in headers):
                headers.append(("Content-Length", str(len(read))))
            return answer.status, headers, read
        finally:
            upstream.close()

    def _send(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
