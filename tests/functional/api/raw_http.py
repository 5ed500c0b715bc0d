"""HTTP by hand, for clients that do what no library does: stop in the middle, or send on after the answer."""

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
"""Before a test gives up, also on a busy machine."""
MULTIPART = "multipart/form-data; boundary=x"


@dataclass(frozen=True)
class RawAnswer:
    """The last answer on a connection."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """`error.code`, where it is the contract's error in full."""
        answer = json.loads(self.body)
        assert answer["success"] is False
        assert answer["message"]
        return str(answer["error"]["code"])


@contextmanager
def connected(address: str, **options: Any) -> Iterator[socket.socket]:
    """A connection to the server."""
    place = urlsplit(address)
    with socket.create_connection((str(place.hostname), place.port or 0), SECONDS, **options) as client:
        yield client


def head(line: str, **headers: Any) -> bytes:
    """Request line and headers; `_` in a name is `-`."""
    fields = {"Host": "127.0.0.1"} | {name.replace("_", "-"): value for name, value in headers.items()}
    fields_text = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{line} HTTP/1.1\r\n{fields_text}\r\n".encode()


def read_answer(client: socket.socket) -> RawAnswer:
    """Read one whole answer with a Content-Length."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _some(client)
    top, _, body = received.partition(b"\r\n\r\n")
    status_line, *lines = top.decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers["content-length"]):
        body += _some(client)
    assert len(body) == int(headers["content-length"]), "there is more after the answer"
    return RawAnswer(int(status_line.split()[1]), headers, body)


def is_ended(client: socket.socket) -> bool:
    """Whether the server closes the connection in good order, and sends nothing before that."""
    return client.recv(1) == b""


def is_held_by_server(client: socket.socket) -> bool:
    """Whether the server, which is in this process, still has its end of the connection."""
    own = client.getsockname()
    return any(tuple(each.raddr) == own for each in psutil.Process().net_connections("tcp"))


def seconds_until_gone(client: socket.socket, piece: bytes = b"x" * 65536) -> float:
    """Send on until the server is not there any more."""
    began = time.monotonic()
    while time.monotonic() - began < 2 * SECONDS:
        try:
            client.sendall(piece)
        except OSError:
            break
    return time.monotonic() - began


def _some(client: socket.socket) -> bytes:
    received = client.recv(65536)
    assert received, "the server closed the connection before its answer was complete"
    return received
