"""The end of a connection that loses no answer (lingering close, RFC 9112, 9.6).

When a socket is closed while the client still sends, the system answers with a reset, and the client's system throws
away the answer that its program has not read yet. So only our side is closed; what comes is read and discarded, until
the client closes its side or a bound is reached.
"""

import asyncio
from contextlib import suppress
from typing import Any

LINGER_SECONDS = 30
"""Seconds that a client which still sends may take to read its answer: nginx's lingering_time."""
SILENT_SECONDS = 5
"""Seconds after which a client that sends nothing has read its answer: nginx's lingering_timeout."""


class LingeringTransport(asyncio.Transport):
    """A transport whose `close` loses no answer, and which counts what was written."""

    def __init__(self, socket_transport: asyncio.Transport, discarded_bytes: int) -> None:
        super().__init__()
        self._socket = socket_transport
        self._discarded_bytes = discarded_bytes
        self._is_closing = False
        self.written = 0

    def close(self) -> None:
        """Send what was written, close our side, and discard what comes within the bounds."""
        if self.is_closing():
            return
        self._is_closing = True
        self._socket.set_protocol(_Discarding(self._socket, self._discarded_bytes))
        with suppress(OSError):  # the client has gone, which is reported by connection_lost
            self._socket.write_eof()
        self._socket.resume_reading()

    def hang_up(self) -> None:
        """Close at once: for a client that waits for nothing and sends nothing."""
        self._is_closing = True
        self._socket.close()

    def abort(self) -> None:
        """Close at once, and drop what was not sent yet."""
        self._is_closing = True
        self._socket.abort()

    def is_closing(self) -> bool:
        """Whether no request will be read any more."""
        return self._is_closing or self._socket.is_closing()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send, now or when the client takes it."""
        self.written += len(data)
        self._socket.write(data)

    @property
    def taken(self) -> int:
        """Bytes that the client's system, or ours for it, has taken."""
        return self.written - self._socket.get_write_buffer_size()

    def get_write_buffer_size(self) -> int:
        """Bytes that still wait to be sent."""
        return self._socket.get_write_buffer_size()

    def pause_reading(self) -> None:
        """Let the client wait. Not once its connection ends: what it sends must be read then."""
        if not self.is_closing():
            self._socket.pause_reading()

    def resume_reading(self) -> None:
        """Read on."""
        self._socket.resume_reading()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """What asyncio knows of the socket."""
        return self._socket.get_extra_info(name, default)


class _Discarding(asyncio.Protocol):
    """Takes over from the HTTP protocol, which hears only of the end.

    The bounds begin when the answer was sent in full: a slow reader's pace is the HTTP protocol's affair.
    """

    def __init__(self, transport: asyncio.Transport, discarded_bytes: int) -> None:
        self._transport = transport
        self._successor_of = transport.get_protocol()
        self._bytes_left = discarded_bytes
        self._seconds = self._silent_seconds = 0
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(1, self._look)

    def data_received(self, data: bytes) -> None:
        self._silent_seconds = 0
        self._bytes_left -= len(data)
        if self._bytes_left < 0:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._timer.cancel()
        self._successor_of.connection_lost(exc)

    def _look(self) -> None:
        if not self._transport.get_write_buffer_size():
            self._seconds += 1
            self._silent_seconds += 1
        if self._silent_seconds > SILENT_SECONDS or self._seconds > LINGER_SECONDS:
            self._transport.abort()
        else:
            self._timer = self._loop.call_later(1, self._look)
