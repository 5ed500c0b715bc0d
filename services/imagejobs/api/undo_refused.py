"""Undoes refused uploads in the background: those that could not be undone at once because of an outage."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from starlette.concurrency import run_in_threadpool

from imagejobs.jobs.refused_uploads import RefusedUploads

PAUSE_SECONDS = 1.0


@asynccontextmanager
async def taking_back(refused: RefusedUploads) -> AsyncIterator[None]:
    """Retry every PAUSE_SECONDS until the block ends."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_take_back, refused)
        yield
        tasks.cancel_scope.cancel()


async def _take_back(refused: RefusedUploads) -> None:
    while True:
        await anyio.sleep(PAUSE_SECONDS)
        for _ in range(len(refused.unsettled)):
            await run_in_threadpool(
                refused.try_again
            )  # one at a time, so that the process waits for one only when it ends
