"""The queue of the processes that push: the API and the reconciler."""

from imagejobs.redis_client import redis_client
from imagejobs.settings import Settings
from imagejobs.task_queue.redis_task_queue import RedisTaskQueue
from imagejobs.task_queue.task_queue import TaskQueue

PUSH_SECONDS = 3.0


def open_task_queue(settings: Settings) -> TaskQueue:
    """The list TASK_QUEUE at REDIS_URI. Nothing is asked of Redis until the first call."""
    return RedisTaskQueue(redis_client(settings.redis_uri, socket_timeout=PUSH_SECONDS), settings.task_queue)
