"""Undoes refused uploads in the background: those that could not be undone at once because of an outage."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from starlette.concurrency import run_in_threadpool

from imagejobs.jobs.refused_uploads import RefusedUploads

PAUSE_SECONDS = 1.0


@asynccontextmanager
async def background_undo(refused: RefusedUploads) -> AsyncIterator[None]:
    """Retry every PAUSE_SECONDS until the block ends."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_undo_forever, refused)
        yield
        tasks.cancel_scope.cancel()


async def _undo_forever(refused: RefusedUploads) -> None:
    while True:
        await anyio.sleep(PAUSE_SECONDS)
        for _ in range(len(refused.unsettled)):
            # One at a time: when the process ends, it waits for this one only.
            await run_in_threadpool(refused.try_again)
