"""The API's own HTTP server, in a thread of the test's process."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from imagejobs.api.connections.listener import listen
from imagejobs.api.limits import ConnectionLimits
from imagejobs.api.server import BoundedServer
from servers.processes import wait_until
from worlds.memory_api import HOST, memory_settings

READY_SECONDS = 60.0


@contextmanager
def served(app: Any, host: str = HOST, **settings: Any) -> Iterator[str]:
    """Serve the application on a free port of `host`, in a thread. Yields its base URL."""
    (listener,) = listen(host, 0)
    port = listener.getsockname()[1]
    server = BoundedServer(app, ConnectionLimits.of(memory_settings(**settings)))
    thread = threading.Thread(target=server.run, args=([listener],), name="uvicorn", daemon=True)
    thread.start()
    try:
        wait_until(lambda: server.started, READY_SECONDS)
        yield f"http://{f'[{host}]' if ':' in host else host}:{port}"
    finally:
        server.should_exit = True
        thread.join(READY_SECONDS)
        assert not thread.is_alive()


def has_ipv6() -> bool:
    """Whether the loopback interface of this machine has IPv6."""
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            return False
    return True
