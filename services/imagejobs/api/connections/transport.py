"""Closes a connection without losing the answer (lingering close, RFC 9112, 9.6).

If a socket is closed while the client still sends, the system sends a reset, and the client's system discards an answer
that the client has not read yet. So we close our side only, and read and discard what the client sends until it closes
its side or a limit is reached.
"""

import asyncio
from contextlib import suppress
from typing import Any

LINGER_SECONDS = 30
"""Seconds that a client may keep sending after the answer: nginx's lingering_time."""
SILENT_SECONDS = 5
"""Seconds without a byte from the client after which it has surely read the answer: nginx's lingering_timeout."""


class LingeringTransport(asyncio.Transport):
    """A transport whose `close` does not lose the answer. It counts the bytes written."""

    def __init__(self, socket_transport: asyncio.Transport, discarded_bytes: int) -> None:
        super().__init__()
        self._socket = socket_transport
        self._discarded_bytes = discarded_bytes
        self._is_closing = False
        self.written = 0

    def close(self) -> None:
        """Send what was written, close our side, and discard what the client still sends, within the limits."""
        if self.is_closing():
            return
        self._is_closing = True
        self._socket.set_protocol(_Discarding(self._socket, self._discarded_bytes))
        with suppress(OSError):  # the client has closed the connection; connection_lost will be called
            self._socket.write_eof()
        self._socket.resume_reading()

    def hang_up(self) -> None:
        """Close at once, for a client that neither sends nor awaits anything."""
        self._is_closing = True
        self._socket.close()

    def abort(self) -> None:
        """Close at once and drop unsent bytes."""
        self._is_closing = True
        self._socket.abort()

    def is_closing(self) -> bool:
        """Whether no further request will be read."""
        return self._is_closing or self._socket.is_closing()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send the data as the client takes it."""
        self.written += len(data)
        self._socket.write(data)

    @property
    def taken(self) -> int:
        """Bytes that the operating system has taken to send to the client."""
        return self.written - self._socket.get_write_buffer_size()

    def get_write_buffer_size(self) -> int:
        """Bytes that the operating system has not taken yet."""
        return self._socket.get_write_buffer_size()

    def pause_reading(self) -> None:
        """Stop reading from the client, unless the connection is closing: then its bytes must be read and discarded."""
        if not self.is_closing():
            self._socket.pause_reading()

    def resume_reading(self) -> None:
        """Continue to read."""
        self._socket.resume_reading()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """See asyncio.BaseTransport."""
        return self._socket.get_extra_info(name, default)


class _Discarding(asyncio.Protocol):
    """Replaces the HTTP protocol at the end of a connection, and passes on to it only that the connection is lost.

    Its limits apply from when the whole answer was sent. Until then the HTTP protocol checks the client's pace.
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
