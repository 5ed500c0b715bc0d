"""Keeps slow storage from holding up what needs none: claims, renewals and questions go past it, and whether this
process is alive is answered past everything.

Requests run in threads, of which anyio has 40. Those that ask the storage share a part of them; when it hangs, they
fill that part, and the others wait for their turn without a thread.
"""

from collections.abc import Callable
from typing import TypeVar

import anyio
from anyio import CapacityLimiter
from starlette.concurrency import run_in_threadpool

from imagejobs.api.binding.call import Call
from imagejobs.storage.object_storage import StorageUnavailable

STORAGE_THREADS = 24
LONGEST_WAIT = 10.0
"""Seconds for a turn, less than a worker waits for an answer; then it is 503, and the caller comes back later."""

T = TypeVar("T")


class Lanes:
    """For one application. `looks_for_all_outputs`: also for those of workers that send no attempt."""

    def __init__(self, *, looks_for_all_outputs: bool = False) -> None:
        self._storage = CapacityLimiter(STORAGE_THREADS)
        self._looks_for_all_outputs = looks_for_all_outputs

    async def run(self, operation_id: str, endpoint: Callable[[Call], T], call: Call) -> T:
        """Run the endpoint, in a thread if it may wait.

        Raises what it raises, and StorageUnavailable if its turn does not come.
        """
        if operation_id == "getHealth":
            return endpoint(call)  # at once, whatever else goes on: it asks nobody
        if not self._asks_storage(operation_id, call):
            return await run_in_threadpool(endpoint, call)
        turn = object()
        try:
            with anyio.fail_after(LONGEST_WAIT):
                await self._storage.acquire_on_behalf_of(turn)
        except TimeoutError:
            raise StorageUnavailable(f"{STORAGE_THREADS} requests wait for its answers") from None
        try:
            return await run_in_threadpool(endpoint, call)
        finally:
            self._storage.release_on_behalf_of(turn)

    def _asks_storage(self, operation_id: str, call: Call) -> bool:
        match operation_id:
            case "createImageJob" | "deleteImageJob" | "deleteEvent":
                return True
            case "createEvent" | "updateEvent":
                return bool(call.form.files)
            case "updateImageJobStatus":
                is_looked_for = self._looks_for_all_outputs or "attempt" in call.json
                return is_looked_for and str(call.json["status"]).upper() == "COMPLETED"
        return False
