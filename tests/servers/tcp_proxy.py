"""A way to a server that can be cut, stalled or led elsewhere, so that a server goes away without being touched."""

import socket
import threading
from contextlib import suppress
from typing import Self

from imagejobs.embedded.services.ports import LOOPBACK

CHUNK = 65_536


class Proxy:
    """Hands bytes on to a port of this machine. Cut, it takes no connection; stalled, it keeps them and is silent."""

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
        """End every connection, and each new one at once."""
        with self._lock:
            self._is_cut = True
            self._flows.set()
            for connection in self._connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def stall(self) -> None:
        """Keep everything that is sent, in either direction."""
        self._flows.clear()

    def restore(self) -> None:
        """Hand on again; what was kept comes first."""
        with self._lock:
            self._is_cut = False
            self._flows.set()

    def lead_to(self, server_port: int) -> None:
        """Connect from now on with another server, as a name does that was changed; connections that are open stay."""
        self._server_port = server_port

    def destinations(self) -> dict[int, int]:
        """The port of the server that each open connection leads to, by its client's port."""
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
        """What of this goes on to the server, or to the client; after None the connection ends."""
        del client, is_reply  # for those that choose
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
