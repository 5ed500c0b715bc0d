"""A proxy in front of Redis that loses chosen replies."""

import re
import socket
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

from imagejobs.embedded.services.ports import LOOPBACK

READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Loss:
    """A lost reply: when it was lost, and which jobs it was about."""

    at: float
    job_ids: frozenset[str]


class Choice:
    """Chooses the replies to lose: after `lose` was called, the reply about every n-th new job.

    `job_id` is a pattern whose first group is a job's id.
    """

    def __init__(self, job_id: re.Pattern[bytes]) -> None:
        self._job_id = job_id
        self._lock = threading.Lock()
        self._seen: set[str] = set()
        self._losing = ""
        self._every = 0

    def lose(self, kind: str, every: int) -> None:
        """Lose replies to requests that contain a job's id ("enqueue"), or replies that contain one ("fetch")."""
        with self._lock:
            self._losing, self._every = kind, every

    def among(self, kind: str, data: bytes) -> frozenset[str]:
        """The jobs whose reply must be lost because of these bytes; usually empty."""
        with self._lock:
            if kind != self._losing:
                return frozenset()
            named = {match.group(1).decode() for match in self._job_id.finditer(data)}
            before = len(self._seen)
            self._seen |= named
            chosen = len(self._seen) // self._every > before // self._every
            return frozenset(named) if chosen else frozenset()


class LossyProxy:
    """Forwards bytes to a server. Instead of forwarding a chosen reply, it closes the client's connection.

    The server receives every request in full and executes it.
    """

    def __init__(self, server_port: int, job_id: re.Pattern[bytes]) -> None:
        self._server_port = server_port
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port = int(self._listener.getsockname()[1])
        self.choice = Choice(job_id)
        self.losses: list[Loss] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=_Connection(self, client, self._server_port).run, daemon=True).start()


class _Connection:
    """One connection, with a thread for each direction. `_doomed`: the jobs whose next reply will be lost."""

    def __init__(self, proxy: LossyProxy, client: socket.socket, server_port: int) -> None:
        self._proxy = proxy
        self._client = client
        self._server_port = server_port
        self._doomed: frozenset[str] = frozenset()

    def run(self) -> None:
        """Forward bytes until both sides have closed."""
        try:
            server = socket.create_connection((LOOPBACK, self._server_port))
        except OSError:
            self._client.close()
            return
        requests = threading.Thread(target=self._hand_on_requests, args=(server,), daemon=True)
        requests.start()
        self._hand_on_replies(server)
        requests.join()
        for each in (self._client, server):
            each.close()

    def _hand_on_requests(self, server: socket.socket) -> None:
        with suppress(OSError):
            while data := self._client.recv(READ_BYTES):
                self._doomed = self._doomed or self._proxy.choice.among("enqueue", data)
                server.sendall(data)
        _end(server, socket.SHUT_WR)

    def _hand_on_replies(self, server: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(READ_BYTES):
                lost = self._doomed or self._proxy.choice.among("fetch", data)
                if lost:
                    self._proxy.losses.append(Loss(time.time(), lost))
                    break
                self._client.sendall(data)
        _end(self._client, socket.SHUT_RDWR)


def _end(connection: socket.socket, direction: int) -> None:
    with suppress(OSError):
        connection.shutdown(direction)


def recorded(losses: Sequence[Loss]) -> dict[str, float]:
    """The time at which each job's reply was first lost."""
    first: dict[str, float] = {}
    for loss in losses:
        for job_id in loss.job_ids:
            first.setdefault(job_id, loss.at)
    return first
