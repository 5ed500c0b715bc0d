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


def free_port() -> int:
    """A random port of 127.0.0.1 that nobody listens on. Raises ConfigurationError when none is found."""
    for _ in range(ATTEMPTS):
        candidate = FIRST_PORT + secrets.randbelow(LAST_PORT - FIRST_PORT + 1)
        if not why_not_free(candidate):
            return candidate
    raise ConfigurationError(f"no free port found on {LOOPBACK}: end programs that listen there, or use --port")


def why_not_free(port: int) -> str:
    """Why nobody can listen on this port of 127.0.0.1 now ("Address already in use"); empty when it is free."""
    with closing(socket.socket()) as probe:
        # As servers do: connections of an ended server that linger in TIME_WAIT do not occupy its port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen()
        except OSError as error:
            return error.strerror or str(error)
    return ""
