"""Free TCP ports on the loopback interface."""

import secrets
import socket
from contextlib import closing

from imagejobs.errors import ConfigurationError

LOOPBACK = "127.0.0.1"
FIRST_PORT, LAST_PORT = 20_000, 32_767
"""Below the ports that Linux (from 32768) and macOS (from 49152) use for outgoing connections. So while a server
restarts, no client's connection can take its port or connect to itself."""
ATTEMPTS = 50


def free_port() -> int:
    """A random port of 127.0.0.1 on which no program listens. Raises ConfigurationError if none is found."""
    for _ in range(ATTEMPTS):
        candidate = FIRST_PORT + secrets.randbelow(LAST_PORT - FIRST_PORT + 1)
        if not why_not_free(candidate):
            return candidate
    raise ConfigurationError(f"no free port found on {LOOPBACK}: end programs that listen there, or use --port")


def why_not_free(port: int) -> str:
    """Why no server can listen on this port of 127.0.0.1, such as "Address already in use"; empty if one can."""
    with closing(socket.socket()) as probe:
        # As servers do: connections in TIME_WAIT of a server that has ended do not block its port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen()
        except OSError as error:
            return error.strerror or str(error)
    return ""
