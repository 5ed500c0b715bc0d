"""Keeps slow storage from delaying requests that do not use it.

Handlers run in threads, of which anyio has 40. Those that use the storage share a part of the threads. When the storage
hangs, they fill that part only; further ones wait for their turn without a thread. Handlers that use nothing run on
the event loop, so they answer even when every thread is taken.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from anyio import CapacityLimiter
from starlette.concurrency import run_in_threadpool

from imagejobs.api.binding.call import Call, Reply
from imagejobs.api.binding.endpoint import Endpoint, Uses
from imagejobs.storage.object_storage import StorageUnavailable

STORAGE_THREADS = 24
LONGEST_WAIT = 10.0
"""Seconds that a request waits for its turn before it is answered 503. Workers wait longer than that for an answer."""


class Lanes:
    """The lanes of one application."""

    def __init__(self) -> None:
        self._storage = CapacityLimiter(STORAGE_THREADS)

    async def run(self, endpoint: Endpoint, call: Call) -> Reply:
        """Answer the call in the lane of the services that the endpoint uses for it.

        Raises what the handler raises, and StorageUnavailable if its turn does not come within LONGEST_WAIT.
        """
        match endpoint.uses_for(call):
            case Uses.NOTHING:
                return endpoint.handler(call)
            case Uses.RECORDS:
                return await run_in_threadpool(endpoint.handler, call)
            case Uses.STORAGE:
                async with self._turn():
                    return await run_in_threadpool(endpoint.handler, call)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        turn = object()
        try:
            with anyio.fail_after(LONGEST_WAIT):
                await self._storage.acquire_on_behalf_of(turn)
        except TimeoutError:
            raise StorageUnavailable(f"{STORAGE_THREADS} requests wait for its answers") from None
        try:
            yield
        finally:
            self._storage.release_on_behalf_of(turn)
