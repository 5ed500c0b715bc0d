"""Where the API and the reconciler push messages: to the list, which legacy workers read too, or straight to Dramatiq.

MongoDB has every job either way, so the guarantees are the same.
"""

from imagejobs.connections.redis import redis_client
from imagejobs.dispatch.task_queue import PUSH_SECONDS, DramatiqTaskQueue
from imagejobs.settings.settings import Settings
from imagejobs.task_queue.redis_keys import RedisKeys
from imagejobs.task_queue.redis_task_queue import RedisTaskQueue
from imagejobs.task_queue.task_queue import TaskQueue


def open_task_queue(settings: Settings) -> TaskQueue:
    """The queue that ENQUEUE_TO names, at REDIS_URI. It connects at the first call."""
    if settings.enqueue_to == "dramatiq":
        return DramatiqTaskQueue(settings)
    keys = RedisKeys(settings.task_queue, settings.redis_namespace)
    return RedisTaskQueue(redis_client(settings.redis_uri, socket_timeout=PUSH_SECONDS), keys)
