"""The queue of the Dramatiq actors as a TaskQueue."""

from collections.abc import Sequence

from imagejobs.dispatch.broker import redis_broker, waiting_key
from imagejobs.dispatch.tasks import TASKS
from imagejobs.settings.settings import Settings
from imagejobs.task_queue.message import PROCESS_IMAGE
from imagejobs.task_queue.redis_errors import translated_errors
from imagejobs.task_queue.redis_task_queue import PROBE_TTL

PUSH_SECONDS = 3.0


class DramatiqTaskQueue:
    """The queue of the actors themselves: no queue adapter is needed, and legacy workers see nothing."""

    def __init__(self, settings: Settings) -> None:
        self._broker = redis_broker(settings, socket_timeout=PUSH_SECONDS)
        self._task = TASKS[PROCESS_IMAGE]
        self._waiting = waiting_key(self._task.queue, settings.redis_namespace)

    def push(self, image_job_ids: Sequence[str]) -> None:
        """See TaskQueue; one after the other, so after a failure some may be there."""
        with translated_errors():
            for each in image_job_ids:
                self._broker.enqueue(self._task.message(each))

    def length(self) -> int:
        """See TaskQueue: those that no worker has fetched yet."""
        with translated_errors():
            return self._broker.client.llen(self._waiting)

    def dead_letters(self) -> int:
        """See TaskQueue: those of which Dramatiq's workers had enough; it keeps them for a week."""
        with translated_errors():
            return self._broker.client.zcard(f"{self._waiting}.XQ")

    def absent(self, image_job_ids: Sequence[str]) -> frozenset[str]:  # noqa: ARG002 - see TaskQueue
        """See TaskQueue: none, for what makes this queue long is never somebody else's."""
        return frozenset()

    def reclaim(self) -> int:
        """See TaskQueue: Dramatiq's workers do that among themselves."""
        return 0

    def ping(self) -> None:
        """See TaskQueue."""
        with translated_errors():
            self._broker.client.set(f"{self._broker.namespace}:probe", b"1", ex=PROBE_TTL)
