"""A TCP proxy that makes a server unreachable, silent or another server, without touching the server."""

import socket
import threading
from contextlib import suppress
from typing import Self

from imagejobs.embedded.services.ports import LOOPBACK

CHUNK = 65_536


class Proxy:
    """Forwards each connection to a port of this machine.

    Cut, it closes every connection. Stalled, it accepts connections and holds back their bytes.
    """

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._listener = socket.create_server((LOOPBACK, 0), backlog=128)
        self._connections: set[socket.socket] = set()
        self._destinations: dict[socket.socket, tuple[int, int]] = {}
        self._lock = threading.Lock()
        self._flows = threading.Event()
        self._flows.set()
        self._is_cut = False
        self.port = int(self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, name="proxy", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def cut(self) -> None:
        """Close every connection, and close new ones as soon as they arrive."""
        with self._lock:
            self._is_cut = True
            self._flows.set()
            for connection in self._connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def stall(self) -> None:
        """Hold back all bytes, in both directions."""
        self._flows.clear()

    def restore(self) -> None:
        """Forward again, starting with the bytes that were held back."""
        with self._lock:
            self._is_cut = False
            self._flows.set()

    def lead_to(self, server_port: int) -> None:
        """Forward new connections to another server, like a changed DNS name. Open connections stay where they are."""
        self._server_port = server_port

    def destinations(self) -> dict[int, int]:
        """For each open connection: the client's port, and the port of the server that the connection leads to."""
        with self._lock:
            return dict(self._destinations.values())

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, (_, client_port) = self._listener.accept()
                self._connect(client, client_port)

    def _connect(self, client: socket.socket, client_port: int) -> None:
        with self._lock:
            if self._is_cut:
                client.close()
                return
            server_port = self._server_port
            try:
                server = socket.create_connection((LOOPBACK, server_port))
            except OSError:
                client.close()
                return
            self._connections |= {client, server}
            self._destinations[client] = (client_port, server_port)
        for source, target in ((client, server), (server, client)):
            threading.Thread(target=self._pump, args=(source, target, client), daemon=True).start()

    def handed_on(self, client: socket.socket, data: bytes, *, is_reply: bool) -> bytes | None:
        """The bytes to forward in place of `data`; None closes the connection. Subclasses override this."""
        del client, is_reply
        return data

    def _pump(self, source: socket.socket, target: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK):
                self._flows.wait()
                passed = self.handed_on(client, data, is_reply=target is client)
                if passed is None:
                    break
                target.sendall(passed)
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._forget(source)

    def _forget(self, source: socket.socket) -> None:
        with self._lock:
            self._connections.discard(source)
            self._destinations.pop(source, None)
        source.close()
