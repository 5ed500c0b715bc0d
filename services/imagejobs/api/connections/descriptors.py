"""Computes how many connections the limit of open files allows."""

import logging
import resource
from contextlib import suppress
from dataclasses import dataclass

logger = logging.getLogger(__name__)

OTHERS = 128
"""File descriptors for everything but clients: MongoDB, Redis, the storage, and files."""
SURPLUS = 16
"""Connections beyond the limit that are accepted only to answer 503, or /healthz as usual."""


@dataclass(frozen=True, slots=True)
class Room:
    """How many connections are served, and how many more are accepted only to answer 503."""

    connections: int
    surplus: int


def room_for(connections: int) -> Room:
    """Room for the wanted connections, or for as many as the limit of open files allows after raising it."""
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
    """Each connection takes two descriptors: its socket, and the file to which an upload is spooled."""
    others = min(OTHERS, descriptors // 2)
    return Room(max(1, min(wanted, (descriptors - others) // 2)), max(1, min(SURPLUS, others // 4)))


def _raised_limit(wanted: int) -> int:
    """This process's limit of open files, raised to `wanted` as far as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return wanted
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if allowed > soft:
        with suppress(ValueError, OSError):  # macOS allows less than the hard limit that it reports
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
            return allowed
    return soft
