"""Dramatiq's queue as a TaskQueue."""

from collections.abc import Sequence

from imagejobs.dispatch.broker import redis_broker, waiting_key
from imagejobs.dispatch.tasks import TASKS
from imagejobs.settings.settings import Settings
from imagejobs.task_queue.message import PROCESS_IMAGE
from imagejobs.task_queue.redis_errors import translated_errors
from imagejobs.task_queue.redis_keys import PROBE_TTL

PUSH_SECONDS = 3.0
"""How long a producer waits for a reply of Redis. Short, because a client of the API waits for the producer."""


class DramatiqTaskQueue:
    """Implements TaskQueue with the queue from which Dramatiq's workers take messages.

    The queue adapter pushes here; with ENQUEUE_TO=dramatiq the API does so itself. It connects at its first command.
    """

    is_shared = False

    def __init__(self, settings: Settings, *, socket_timeout: float = PUSH_SECONDS) -> None:
        self._broker = redis_broker(settings, socket_timeout=socket_timeout)
        self._task = TASKS[PROCESS_IMAGE]
        self._waiting = waiting_key(self._task.queue, settings.redis_namespace)

    def push(self, image_job_ids: Sequence[str]) -> None:
        """See TaskQueue. One command per job: a push that fails may have appended some of the messages."""
        with translated_errors():
            for each in image_job_ids:
                self._broker.enqueue(self._task.message(each))

    def length(self) -> int:
        """See TaskQueue. Messages that a worker has fetched, or that wait for their next try, are not counted."""
        with translated_errors():
            return self._broker.client.llen(self._waiting)

    def dead_letters(self) -> int:
        """See TaskQueue. Dramatiq keeps the messages that its workers gave up for a week."""
        with translated_errors():
            return self._broker.client.zcard(f"{self._waiting}.XQ")

    def absent(self, image_job_ids: Sequence[str]) -> frozenset[str]:  # noqa: ARG002 - see TaskQueue
        """See TaskQueue. Always empty: no other program uses this queue."""
        return frozenset()

    def reclaim(self) -> int:
        """See TaskQueue. Always 0: Dramatiq's workers take over the messages of dead workers themselves."""
        return 0

    def ping(self) -> None:
        """See TaskQueue."""
        with translated_errors():
            self._broker.client.set(f"{self._broker.namespace}:probe", b"1", ex=PROBE_TTL)

    def close(self) -> None:
        """Close the connections."""
        self._broker.client.close()
