"""What a client may take of time and room. docs/guides/deployment.md says where the numbers come from."""

from dataclasses import dataclass

from imagejobs.settings.settings import Settings

DISCARDED_BODIES = 2
"""How many of the largest bodies are read and discarded after an answer, so that the client gets to read it."""
QUIET_SECONDS = 10.0
"""Trouble with clients counts as over after so long without another case."""


@dataclass(frozen=True, slots=True)
class Pace:
    """The slowest that a client may be: every `quota` bytes take at most `seconds`.

    The first `seconds` are therefore free, a pause may be as long as that, and a client that was quick gains no right
    to stop for longer, as it would by an average over the whole body.
    """

    seconds: float
    bytes_per_second: int

    @property
    def quota(self) -> int:
        """Bytes that one stretch of `seconds` must move."""
        return int(self.seconds * self.bytes_per_second)


@dataclass(frozen=True, slots=True)
class Patience:
    """With a client that sends a body: its pace, and seconds for the whole."""

    pace: Pace
    seconds: float

    @classmethod
    def of(cls, settings: Settings) -> "Patience":
        """What the settings ask for."""
        return cls(_pace(settings), settings.upload_seconds)


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """Of one server."""

    connections: int
    keep_alive_seconds: float
    header_seconds: float
    pace: Pace
    discarded_bytes: int

    @classmethod
    def of(cls, settings: Settings) -> "ConnectionLimits":
        """What the settings ask for."""
        return cls(
            settings.max_connections,
            settings.keep_alive_seconds,
            settings.header_seconds,
            _pace(settings),
            DISCARDED_BODIES * settings.max_request_bytes,
        )


def _pace(settings: Settings) -> Pace:
    return Pace(settings.stall_seconds, settings.min_bytes_per_second)
