"""How many connections the limit of open files leaves room for."""

import logging
import resource
from contextlib import suppress
from dataclasses import dataclass

logger = logging.getLogger(__name__)

OTHERS = 128
"""Descriptors for connections to MongoDB, Redis and the storage, and for files."""
SURPLUS = 16
"""Connections beyond the bound that are still accepted, to be answered 503, and /healthz as ever."""


@dataclass(frozen=True, slots=True)
class Room:
    """For connections that are served, and for those beyond that are told to come back."""

    connections: int
    surplus: int


def room_for(connections: int) -> Room:
    """Room for so many connections, or for as many as the limit of open files allows after it was raised."""
    room = _room(_raised_limit(OTHERS + 2 * connections), connections)
    if room.connections < connections:
        logger.warning(
            "at most %d connections, not MAX_CONNECTIONS=%d: this process may open too few files; raise its limit to %d"
            " (ulimit -n, LimitNOFILE= of systemd, ulimits of Docker)",
            room.connections,
            connections,
            OTHERS + 2 * connections,
        )
    return room


def _room(descriptors: int, wanted: int) -> Room:
    """Two descriptors for each connection: an upload is spooled to a file while it arrives."""
    others = min(OTHERS, descriptors // 2)
    return Room(max(1, min(wanted, (descriptors - others) // 2)), max(1, min(SURPLUS, others // 4)))


def _raised_limit(wanted: int) -> int:
    """This process's limit of open files, raised if it is lower and that is allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return wanted
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if allowed > soft:
        with suppress(ValueError, OSError):  # macOS allows less than it says
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
            return allowed
    return soft
