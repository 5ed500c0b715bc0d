"""The clock of a server, read over the network."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from imagejobs.times import to_milliseconds

REFRESH_SECONDS = 30.0
"""How old a reading may be. Clocks drift far less than a millisecond in this time."""

_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""This clock runs while the machine sleeps; time.monotonic() does not on Linux."""


class ServerClock:
    """The clock of a server. It is read every REFRESH_SECONDS; in between this machine's monotonic clock carries it on.

    So leases do not depend on this machine's wall clock, which may be wrong or be set, nor on its sleep.
    """

    def __init__(self, read: Callable[[], datetime]) -> None:
        self._read = read
        self._reading: _Reading | None = None
        self._being_read = threading.Lock()

    def now(self) -> datetime:
        """The server's time, to the millisecond; wrong by at most half of the reading's round trip.

        Raises what `read` raises. Only one thread at a time renews a reading. The others use the old one meanwhile,
        because a reading may take long to fail.
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
    """The server's time when this machine's monotonic clock showed `at` seconds."""

    at: float
    server_time: datetime
