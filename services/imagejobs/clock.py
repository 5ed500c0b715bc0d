"""Times: aware, in UTC, in milliseconds as MongoDB keeps them; and a server's clock read over a slow line."""

import math
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

REFRESH_SECONDS = 30.0
"""How old the known offset to the server's clock may be; clocks drift far less than a millisecond in this time."""


def to_milliseconds(moment: datetime) -> datetime:
    """Cut to whole milliseconds, the resolution of a BSON date."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def isoformat(moment: datetime) -> str:
    """`2024-01-01T00:00:00.000Z`, as JavaScript writes a Date."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class ServerClock:
    """The clock of a server, read now and then and carried on by this machine's monotonic clock.

    So a wall clock that is wrong, or set while the process runs, does not matter to leases.
    """

    def __init__(self, read: Callable[[], datetime]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._base = datetime.min.replace(tzinfo=UTC)
        self._read_at = -math.inf

    def now(self) -> datetime:
        """The server's time, to the millisecond; off by at most half of the reading's round trip."""
        with self._lock:
            if time.monotonic() - self._read_at > REFRESH_SECONDS:
                self._refresh()
            return to_milliseconds(self._base + timedelta(seconds=time.monotonic() - self._read_at))

    def _refresh(self) -> None:
        before = time.monotonic()
        server_time = self._read()
        after = time.monotonic()
        self._base = server_time.replace(tzinfo=server_time.tzinfo or UTC)
        self._read_at = (before + after) / 2
