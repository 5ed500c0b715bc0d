"""Listens on sockets and accepts one connection at a time.

asyncio's own server accepts all waiting connections before it serves one of them, and it logs each failure: thousands
of lines a second once the process has reached its limit of open files.
"""

import asyncio
import errno
import logging
import socket
from collections.abc import Callable

from imagejobs.api.limits import QUIET_SECONDS
from imagejobs.errors import ConfigurationError
from imagejobs.runtime.episode import Episode, Lines

logger = logging.getLogger(__name__)

BACKLOG = 2048
RETRY_SECONDS = 0.1
EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
"""Errors of accept that last until something is closed."""
NOT_HERE = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})
"""Errors for an address that this machine does not have: /etc/hosts often has ::1 although IPv6 is disabled."""


def listen(host: str, port: int) -> list[socket.socket]:
    """A listening socket for each address of `host` that this machine has.

    Raises ConfigurationError if there is none, or if the port is in use.
    """
    listeners: list[socket.socket] = []
    missing: OSError | None = None
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, address in dict.fromkeys((each[0], each[4]) for each in found):
            try:
                listener = socket.create_server(address, family=family, backlog=BACKLOG)
            except OSError as error:
                if error.errno not in NOT_HERE:
                    raise
                missing = error
                continue
            listeners.append(listener)
            listener.setblocking(False)
        if missing and not listeners:
            raise missing
    except (OSError, UnicodeError) as error:
        for each in listeners:
            each.close()
        reason = error.strerror if isinstance(error, OSError) else "it is not a host name"
        raise ConfigurationError(
            f"the API cannot listen on API_HOST={host}, API_PORT={port}: {reason}; "
            "choose an address of this machine and a port that is free"
        ) from None
    return listeners


class Acceptor:
    """Accepts connections from one socket until it is closed."""

    def __init__(self, listener: socket.socket, new_protocol: Callable[[], asyncio.Protocol]) -> None:
        self._listener = listener
        self._new_protocol = new_protocol
        lines = Lines.about("no connection can be accepted", "this process or machine may open no more files")
        self._exhausted = Episode(logger, lines, QUIET_SECONDS)
        self._task = asyncio.get_running_loop().create_task(self._accept(), name="accept")

    def look(self) -> None:
        """Log and check how accepting goes; call this from time to time. Raises the error that ended it."""
        self._exhausted.look()
        if self._task.done():
            self._task.result()

    def close(self) -> None:
        """Stop accepting."""
        self._task.cancel()
        self._listener.close()

    async def wait_closed(self) -> None:
        """Wait until accepting has stopped."""
        await asyncio.wait([self._task])

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(self._listener)
            except ConnectionAbortedError:  # the client closed it before it was accepted
                continue
            except OSError as error:
                if error.errno in EXHAUSTED:
                    self._exhausted.note()
                await asyncio.sleep(RETRY_SECONDS)  # accept fails at once, so without a pause nothing else would run
                continue
            try:
                # asyncio sets TCP_NODELAY only if the socket knows its protocol, and an accepted socket does not.
                # Without it, an answer in two pieces waits 40 ms for the client's delayed acknowledgement.
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                await loop.connect_accepted_socket(self._new_protocol, connection)
            except OSError:  # the client has gone
                connection.close()
