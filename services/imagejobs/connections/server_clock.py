"""A server's clock, read over a slow line."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from imagejobs.times import to_milliseconds

REFRESH_SECONDS = 30.0
"""How old the known offset to the server's clock may be; clocks drift far less than a millisecond in this time."""

_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Goes on while the machine sleeps, as time.monotonic() does not on Linux."""


class ServerClock:
    """The clock of a server, read now and then and carried on by this machine's monotonic clock.

    So a wall clock that is wrong, or set while the process runs, or a machine that sleeps, does not matter to leases.
    """

    def __init__(self, read: Callable[[], datetime]) -> None:
        self._read = read
        self._reading: _Reading | None = None
        self._being_read = threading.Lock()

    def now(self) -> datetime:
        """The server's time, to the millisecond; off by at most half of the reading's round trip.

        Raises what the reading raises. Nobody waits for another thread's reading, which may fail slowly: one at a time
        renews the known one, with which the others carry on.
        """
        reading = self._reading
        if reading is None:
            reading = self._reading = self._read_now()
        elif _seconds() - reading.at > REFRESH_SECONDS and self._being_read.acquire(blocking=False):
            try:
                reading = self._reading = self._read_now()
            finally:
                self._being_read.release()
        return to_milliseconds(reading.server_time + timedelta(seconds=_seconds() - reading.at))

    def _read_now(self) -> "_Reading":
        before = _seconds()
        server_time = self._read()
        after = _seconds()
        return _Reading((before + after) / 2, server_time.replace(tzinfo=server_time.tzinfo or UTC))


def _seconds() -> float:
    return time.clock_gettime(_STEADY)


@dataclass(frozen=True, slots=True)
class _Reading:
    """The server's time at a moment of this machine's monotonic clock."""

    at: float
    server_time: datetime
