"""uvicorn, with an end: SIGTERM ends the process in time, whatever the backing services do."""

import logging
import os
import socket
import threading
from contextlib import suppress

import uvicorn
from starlette.types import ASGIApp

from imagejobs.api.cut_off import AnsweringCutOff

logger = logging.getLogger(__name__)

GRACEFUL_SECONDS = 3
"""How long requests that are under way may take after SIGTERM; then they are cut off."""
LEAVING_SECONDS = 2.0
"""How long after that the process may still be there: threads that wait for a service cannot be ended by themselves."""


def serve(app: ASGIApp, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT; what is under way is finished first, or cut off."""
    config = uvicorn.Config(
        AnsweringCutOff(app),
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # nothing here depends on the client's address, and anybody can write these headers
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
    )
    with suppress(KeyboardInterrupt):
        _EndingServer(config).run()


class _EndingServer(uvicorn.Server):
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        end = threading.Timer(GRACEFUL_SECONDS + LEAVING_SECONDS, _leave)
        end.daemon = True
        end.start()
        await super().shutdown(sockets)


def _leave() -> None:
    """The interpreter would wait for every thread: for one that asks a hanging storage, a minute and a half."""
    logger.warning("ended, though a backing service has not answered yet")
    os._exit(0)
