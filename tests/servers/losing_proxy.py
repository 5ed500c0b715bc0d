"""A TCP proxy to Redis or MongoDB that loses exactly one message: the next matching request, or its reply."""

import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from servers.tcp_proxy import Proxy

NOTHING_CAME = (b"*-1\r\n", b"$-1\r\n", b"_\r\n", b"*0\r\n")
"""Redis' replies that mean "no message", in both protocol versions."""


@dataclass(frozen=True)
class Loss:
    """A message to lose: a request that contains all of `carries`, or its reply, unless that is in `except_for`.

    `then` is called at the moment of the loss. Afterwards the connection closes, unless the loss is `silently`.
    """

    carries: Sequence[bytes] = ()
    is_reply: bool = True
    except_for: Sequence[bytes] = ()
    silently: bool = False
    then: Callable[[], None] | None = None
    happened: threading.Event = field(default_factory=threading.Event)

    def once_more(self) -> "Loss":
        """The same loss, which has not happened yet."""
        return replace(self, happened=threading.Event())

    def is_asked_for_by(self, request: bytes) -> bool:
        """Whether this request matches."""
        return all(part in request for part in self.carries)


class LosingProxy(Proxy):
    """Forwards like a Proxy until `lose` is called, then loses one message."""

    def __init__(self, server_port: int) -> None:
        super().__init__(server_port)
        self._loss: Loss | None = None
        self._asked: set[socket.socket] = set()
        self._loss_lock = threading.Lock()

    def lose(self, loss: Loss) -> Loss:
        """Lose the first message that matches, on any connection. Returns `loss`."""
        with self._loss_lock:
            self._loss = loss
            self._asked.clear()
        return loss

    def handed_on(self, client: socket.socket, data: bytes, *, is_reply: bool) -> bytes | None:
        """See Proxy. If a reply is to be lost, the connection of its request is remembered."""
        loss = self._lost_now(client, data, is_reply=is_reply)
        if loss is None:
            return data
        if loss.then:
            loss.then()
        loss.happened.set()
        return b"" if loss.silently else None

    def _lost_now(self, client: socket.socket, data: bytes, *, is_reply: bool) -> Loss | None:
        with self._loss_lock:
            loss = self._loss
            if loss is None:
                return None
            if not is_reply and not loss.is_asked_for_by(data):
                self._asked.discard(client)
                return None
            if not is_reply and loss.is_reply:
                self._asked.add(client)
                return None
            if is_reply and (client not in self._asked or data in loss.except_for):
                return None
            self._loss = None
            return loss
