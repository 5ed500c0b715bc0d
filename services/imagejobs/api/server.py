"""uvicorn with limits on connections and slow clients, and on the time that the process takes to end."""

import logging
import os
import socket
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress

import uvicorn
from starlette.types import ASGIApp
from uvicorn.config import STARTUP_FAILURE

from imagejobs.api.connections.descriptors import room_for
from imagejobs.api.connections.http import LOOK_SECONDS, HttpConnection
from imagejobs.api.connections.listener import Acceptor, listen
from imagejobs.api.connections.places import Places
from imagejobs.api.connections.unread_body import ClosingUnread
from imagejobs.api.limits import QUIET_SECONDS, ConnectionLimits
from imagejobs.api.middleware.cut_off import AnsweringCutOff
from imagejobs.runtime.episode import Episode, Lines

logger = logging.getLogger(__name__)

GRACEFUL_SECONDS = 3
"""Seconds that requests under way may take after SIGTERM before they are cut off."""
LEAVING_SECONDS = 2.0
"""Seconds that the process may take to end after that. A thread that waits for a service cannot be stopped."""
TICKS_PER_SECOND = 10
"""How often uvicorn calls `on_tick`."""
SLOW = Lines.about(
    "clients are too slow in sending headers or in reading answers: their connections are closed",
    "see HEADER_SECONDS, STALL_SECONDS and MIN_BYTES_PER_SECOND",
)
NOT_HTTP = Lines.about(
    "clients send requests that are not HTTP: they are answered 400",
    "find the program that sends them; it may speak HTTPS to this HTTP port",
)


def serve(app: ASGIApp, host: str, port: int, limits: ConnectionLimits) -> None:
    """Serve until SIGTERM or SIGINT, then finish the requests under way or cut them off.

    Raises ConfigurationError if it cannot listen.
    """
    with suppress(KeyboardInterrupt):
        _EndingServer(app, limits).run(listen(host, port))


class BoundedServer(uvicorn.Server):
    """uvicorn's server, with our own accepting, limits and deadlines of connections."""

    def __init__(self, app: ASGIApp, limits: ConnectionLimits) -> None:
        config = uvicorn.Config(
            ClosingUnread(AnsweringCutOff(app)),
            loop="asyncio",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # nothing depends on the client's address, and anybody can forge these headers
            timeout_keep_alive=limits.keep_alive_seconds,  # type: ignore[arg-type]  # passed on to call_later
            timeout_graceful_shutdown=GRACEFUL_SECONDS,
        )
        super().__init__(config)
        self._limits = limits
        self._places = Places(room_for(limits.connections))
        self._slow = Episode(logger, SLOW, QUIET_SECONDS)
        self._invalid = Episode(logger, NOT_HTTP, QUIET_SECONDS)
        self._acceptors: Sequence[Acceptor] = ()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Like uvicorn's, but our Acceptors accept the connections."""
        await self.lifespan.startup()
        if self.lifespan.should_exit:
            sys.exit(STARTUP_FAILURE)
        listeners = sockets or []
        self._acceptors = [Acceptor(each, self._new_connection) for each in listeners]
        self.servers = self._acceptors  # type: ignore[assignment]  # uvicorn closes them and waits until they are closed
        for each in listeners:
            logger.info("listening on %s, port %d", *each.getsockname()[:2])
        self.started = True

    async def on_tick(self, counter: int) -> bool:
        """Called by uvicorn ten times a second."""
        if counter % int(LOOK_SECONDS * TICKS_PER_SECOND) == 0:
            for connection in list(self.server_state.connections):
                connection.look()  # type: ignore[union-attr]  # every connection is an HttpConnection
            self._slow.look()
            self._invalid.look()
            self._places.look()
            for acceptor in self._acceptors:
                acceptor.look()
        return await super().on_tick(counter)

    def _new_connection(self) -> HttpConnection:
        return HttpConnection(
            self.config,
            self.server_state,
            self.lifespan.state,
            self._limits,
            self._places,
            self._slow.note,
            self._invalid.note,
        )


class _EndingServer(BoundedServer):
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        end = threading.Timer(GRACEFUL_SECONDS + LEAVING_SECONDS, _leave)
        end.daemon = True
        end.start()
        await super().shutdown(sockets)


def _leave() -> None:
    """End at once: the interpreter would wait for all threads, up to 90 s for one that waits for a hanging storage."""
    logger.warning("stopped without waiting for a backing service that has not answered")
    os._exit(0)
