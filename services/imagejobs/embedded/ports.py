"""Free TCP ports on the loopback interface."""

import secrets
import socket
from contextlib import closing

from imagejobs.errors import ConfigurationError

LOOPBACK = "127.0.0.1"
FIRST_PORT, LAST_PORT = 20_000, 32_767
"""Below the ports that Linux (32768) and macOS (49152) give to outgoing connections: while a server restarts, no
client's connection can take its port, nor connect to itself there."""
ATTEMPTS = 50


def free_port(preferred: int | None = None) -> int:
    """Return a port of 127.0.0.1 that nobody listens on: `preferred` if it is free, else a random one.

    A caller that got another port than the preferred one tells the person. Raises ConfigurationError when no port
    is free.
    """
    if preferred and _is_free(preferred):
        return preferred
    for _ in range(ATTEMPTS):
        candidate = FIRST_PORT + secrets.randbelow(LAST_PORT - FIRST_PORT + 1)
        if _is_free(candidate):
            return candidate
    raise ConfigurationError(f"no free port found on {LOOPBACK}: end programs that listen there, or use --port")


def _is_free(port: int) -> bool:
    with closing(socket.socket()) as probe:
        # As servers do: connections of an ended server that linger in TIME_WAIT do not occupy its port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen()
        except OSError:
            return False
    return True
