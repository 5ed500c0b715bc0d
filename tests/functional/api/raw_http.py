"""HTTP over plain sockets, for clients that stop halfway or keep sending after the response, as no library does."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import psutil

SECONDS = 20.0
"""How long a test waits before it fails, generous for a busy machine."""
MULTIPART = "multipart/form-data; boundary=x"


@dataclass(frozen=True)
class RawAnswer:
    """A response."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """`error.code` of the body, which must be an error as the contract describes it."""
        answer = json.loads(self.body)
        assert answer["success"] is False
        assert answer["message"]
        return str(answer["error"]["code"])


@contextmanager
def connected(address: str, **options: Any) -> Iterator[socket.socket]:
    """A TCP connection to the server."""
    place = urlsplit(address)
    with socket.create_connection((str(place.hostname), place.port or 0), SECONDS, **options) as client:
        yield client


def head(line: str, **headers: Any) -> bytes:
    """The head of a request: request line and headers. `_` in a header's name becomes `-`."""
    fields = {"Host": "127.0.0.1"} | {name.replace("_", "-"): value for name, value in headers.items()}
    fields_text = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{line} HTTP/1.1\r\n{fields_text}\r\n".encode()


def read_answer(client: socket.socket) -> RawAnswer:
    """Read one response, which must have a Content-Length and be the last data on the connection so far."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _some(client)
    top, _, body = received.partition(b"\r\n\r\n")
    status_line, *lines = top.decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers["content-length"]):
        body += _some(client)
    assert len(body) == int(headers["content-length"]), "the server sent more after the response"
    return RawAnswer(int(status_line.split()[1]), headers, body)


def is_ended(client: socket.socket) -> bool:
    """Whether the server closes the connection (FIN, not RST) without sending anything more."""
    return client.recv(1) == b""


def is_held_by_server(client: socket.socket) -> bool:
    """Whether the server still holds its end of the connection. The server must run in this process."""
    own = client.getsockname()
    return any(tuple(each.raddr) == own for each in psutil.Process().net_connections("tcp"))


def seconds_until_gone(client: socket.socket, piece: bytes = b"x" * 65536) -> float:
    """Keep sending until the connection is closed; the seconds that this took."""
    began = time.monotonic()
    while time.monotonic() - began < 2 * SECONDS:
        try:
            client.sendall(piece)
        except OSError:
            break
    return time.monotonic() - began


def _some(client: socket.socket) -> bytes:
    received = client.recv(65536)
    assert received, "the server closed the connection before the response was complete"
    return received
