"""An HTTP proxy like those of company networks: it forwards requests, refuses them, or never answers."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from imagejobs.embedded.services.ports import LOOPBACK

VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
REFUSAL = b"HTTP/1.1 %d Refused\r\nContent-Type: text/html\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>"
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
CHUNK = 65_536


@dataclass
class HttpProxy:
    """Forwards requests to `server_port` of this machine, or refuses them with `status`; with neither, never answers.

    `heads` are the received requests, each without its body.
    """

    server_port: int = 0
    status: int = 0
    port: int = 0
    heads: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The value of a setting that names this proxy."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables that send all traffic through this proxy, without exceptions."""
        return {**dict.fromkeys(VARIABLES, self.url), "NO_PROXY": "", "no_proxy": ""}

    def serve(self, client: socket.socket) -> None:
        """Serve one connection."""
        with client, suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                if not (data := client.recv(CHUNK)):
                    return
                head += data
            self.heads.append(head.partition(b"\r\n\r\n")[0].decode("latin-1"))
            if self.status:
                client.sendall(REFUSAL % self.status)
            elif self.server_port:
                self._forward(client, head)
            else:
                client.recv(CHUNK)  # returns when the client gives up

    def _forward(self, client: socket.socket, head: bytes) -> None:
        """Forward the connection to the server until either side closes it."""
        with socket.create_connection((LOOPBACK, self.server_port)) as server:
            if head.startswith(b"CONNECT "):
                client.sendall(ESTABLISHED)
            else:
                server.sendall(_for_the_server(head))
            back = threading.Thread(target=_pump, args=(server, client), daemon=True)
            back.start()
            _pump(client, server)
            back.join(5)


@contextmanager
def http_proxy(*, server_port: int = 0, status: int = 0) -> Iterator[HttpProxy]:
    """A running proxy on a free port."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        proxy = HttpProxy(server_port, status, listener.getsockname()[1])
        threading.Thread(target=_accept, args=(listener, proxy), name="http proxy", daemon=True).start()
        yield proxy
        listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, proxy: HttpProxy) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            threading.Thread(target=proxy.serve, args=(client,), daemon=True).start()


def _for_the_server(head: bytes) -> bytes:
    """The request's head without the server's name in its first line.

    It asks the server to close the connection, so that the next request comes on a new one and is noted in `heads`.
    """
    first, _, rest = head.partition(b"\r\n")
    own = re.sub(rb" http://[^/ ]+", b" ", first)
    return own + b"\r\nConnection: close\r\n" + re.sub(rb"(?im)^connection: keep-alive\r\n", b"", rest)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(CHUNK):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
