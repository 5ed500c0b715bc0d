"""Limits on the time and the connections of clients. docs/guides/deployment.md has the sources of the numbers."""

from dataclasses import dataclass

from imagejobs.settings.settings import Settings

DISCARDED_BODIES = 2
"""After an answer, up to so many of the largest bodies are read and discarded, so that the client reads the answer."""
QUIET_SECONDS = 10.0
"""Trouble with clients counts as over after so long without another case."""


@dataclass(frozen=True, slots=True)
class Pace:
    """The slowest pace that is allowed: each `quota` bytes take at most `seconds`.

    So a pause may last up to `seconds`. The pace is not an average over the whole body: that would allow a client
    which was quick at first to pause for much longer.
    """

    seconds: float
    bytes_per_second: int

    @property
    def quota(self) -> int:
        """Bytes that must arrive in each stretch of `seconds`."""
        return int(self.seconds * self.bytes_per_second)


@dataclass(frozen=True, slots=True)
class Patience:
    """The patience with a client that sends a body: its pace, and the seconds that the whole body may take."""

    pace: Pace
    seconds: float

    @classmethod
    def of(cls, settings: Settings) -> "Patience":
        """The limits of the settings."""
        return cls(_pace(settings), settings.upload_seconds)


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """The limits of one server."""

    connections: int
    keep_alive_seconds: float
    header_seconds: float
    pace: Pace
    discarded_bytes: int

    @classmethod
    def of(cls, settings: Settings) -> "ConnectionLimits":
        """The limits of the settings."""
        return cls(
            settings.max_connections,
            settings.keep_alive_seconds,
            settings.header_seconds,
            _pace(settings),
            DISCARDED_BODIES * settings.max_request_bytes,
        )


def _pace(settings: Settings) -> Pace:
    return Pace(settings.stall_seconds, settings.min_bytes_per_second)
