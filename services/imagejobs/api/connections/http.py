"""HTTP/1.1 on one connection: uvicorn's protocol, with deadlines for slow clients."""

import asyncio
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import h11
from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from imagejobs.api.binding.errors import ApiError, error_response
from imagejobs.api.connections.places import Places
from imagejobs.api.connections.transport import SILENT_SECONDS, LingeringTransport
from imagejobs.api.limits import ConnectionLimits

LOOK_SECONDS = 0.5
"""Seconds between two looks at each connection. Deadlines are counted in looks, not by a clock: while the process is
suspended, its clients must not seem slow."""
LAST_WORD_SECONDS = 1.0
"""Time for the client to read an answer after SIGTERM."""
INVALID = "Invalid HTTP request received."
"""uvicorn's log line for each request that is not HTTP. Anybody can send a thousand of them a second."""

logging.getLogger("uvicorn.error").addFilter(lambda record: record.msg != INVALID)  # note_invalid logs it instead


class HttpConnection(H11Protocol):
    """uvicorn's connection, with the deadlines that uvicorn lacks.

    They are checked twice a second, so that a request sets no timer. The pace of a body is checked where it is read
    (api/binding/body.py).
    """

    transport: LingeringTransport
    is_surplus = False

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        limits: ConnectionLimits,
        places: Places,
        note_slow: Callable[[], None],
        note_invalid: Callable[[], None],
    ) -> None:
        super().__init__(config, server_state, app_state)
        self._limits = limits
        self._places = places
        self._note_slow = note_slow
        self._note_invalid = note_invalid
        self._owed: tuple[str, object] | None = None
        self._looks = 0
        self._taken = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Called by asyncio. A new connection is idle, as it is after each answer."""
        super().connection_made(LingeringTransport(transport, self._limits.discarded_bytes))
        self._await_request()
        self._places.take(self)
        if self.is_surplus:
            self.app = self._places.refusing(self.app)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio when the connection has ended in any way."""
        self._unset_keepalive_if_required()
        self._places.leave(self)
        super().connection_lost(exc)

    def look(self) -> None:
        """Close the connection if the client is too slow in sending or reading. Call this every LOOK_SECONDS."""
        owed = self._what_is_owed()
        if owed is None:
            self._owed = None
            return
        debt = (owed, self.cycle)
        if debt != self._owed:
            self._owed, self._looks, self._taken = debt, 0, self.transport.taken
            return
        self._looks += 1
        seconds = self._looks * LOOK_SECONDS
        pace = self._limits.pace
        if owed == "headers" and seconds >= self._limits.header_seconds:
            self._note_slow()
            self._refuse(ApiError(408, "request_timeout", "The headers of the request took too long; send it again."))
        elif owed == "rest of a refused body" and seconds >= SILENT_SECONDS:
            self.transport.close()
        elif owed == "taking the answer" and seconds >= pace.seconds:
            if self.transport.taken - self._taken < pace.quota:
                self._note_slow()
                self.transport.abort()
            self._owed = None

    def idle_until(self) -> float | None:
        """See Guest."""
        timer = self.timeout_keep_alive_task
        if timer is None or self.transport.is_closing() or self.transport.get_write_buffer_size():
            return None
        return timer.when()

    def is_answered(self) -> bool:
        """See Guest."""
        return self.cycle is None or self.cycle.response_complete  # type: ignore[redundant-expr]  # None at first

    def drop(self) -> None:
        """See Guest."""
        self.transport.abort()

    def shutdown(self) -> None:
        """Called by uvicorn when the process is to end."""
        if self.idle_until() is not None:
            self.transport.hang_up()
            return
        if self.is_answered():
            self.loop.call_later(LAST_WORD_SECONDS, self.transport.abort)
        if not self.transport.is_closing():
            super().shutdown()

    def send_400_response(self, msg: str) -> None:
        """Called by uvicorn for bytes that are not HTTP, which may also come in the middle of a body."""
        self._note_invalid()
        if not self.is_answered():
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            if self.cycle.response_started:
                self.transport.close()
                return
        self._refuse(ApiError(400, "invalid_request", msg))

    def _unsupported_upgrade_warning(self) -> None:
        """Do not log each offer of an upgrade: Java's client offers HTTP/2 with every request."""

    def _what_is_owed(self) -> str | None:
        if self.transport.get_write_buffer_size():
            return "taking the answer"
        if self.transport.is_closing() or self.timeout_keep_alive_task or not self.is_answered():
            return None
        if self.conn.their_state is h11.SEND_BODY:
            return "rest of a refused body"
        if not self.conn.trailing_data[0]:  # the body has arrived; uvicorn sets no deadline for the next request here
            self._await_request()
            return None
        return "headers"

    def _await_request(self) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def _refuse(self, error: ApiError) -> None:
        """Answer without the application, and close."""
        response = error_response(error)
        status = HTTPStatus(error.status)
        headers = [*self.server_state.default_headers, *response.raw_headers, (b"connection", b"close")]
        head = b"".join(b"%s: %s\r\n" % pair for pair in headers)
        self.transport.write(
            b"HTTP/1.1 %d %s\r\n%s\r\n" % (status, status.phrase.encode(), head) + bytes(response.body)
        )
        self.transport.close()
