"""The process `imagejobs queue-adapter`."""

import logging
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from imagejobs.connections.redis import redis_client
from imagejobs.dispatch.broker import redis_broker, waiting_key
from imagejobs.dispatch.tasks import TASKS
from imagejobs.queue_adapter.adapter import TAKE_SECONDS, QueueAdapter
from imagejobs.runtime.signals import stop_on_signals
from imagejobs.settings.settings import Settings
from imagejobs.task_queue.message import PROCESS_IMAGE
from imagejobs.task_queue.redis_errors import translated_errors
from imagejobs.task_queue.redis_keys import RedisKeys
from imagejobs.task_queue.redis_task_queue import RedisTaskQueueConsumer

logger = logging.getLogger(__name__)

SOCKET_SECONDS = TAKE_SECONDS + 1.0
"""Above the wait for a message, and so short that the process ends within 3 s even if Redis hangs."""


def run(settings: Settings) -> None:
    """Move messages until SIGTERM or SIGINT, then return within 3 s. Redis need not be there yet."""
    stop = stop_on_signals()
    with queue_adapter(settings, consumer_id()) as adapter:
        logger.info("moving messages from the list %s to Dramatiq", settings.task_queue)
        adapter.run(stop)
    logger.info("stopped")


@contextmanager
def queue_adapter(settings: Settings, consumer: str) -> Iterator[QueueAdapter]:
    """The adapter between the list TASK_QUEUE and the Dramatiq broker, both at REDIS_URI, until the block ends."""
    client = redis_client(settings.redis_uri, socket_timeout=SOCKET_SECONDS)
    broker = redis_broker(settings, socket_timeout=SOCKET_SECONDS)
    task = TASKS[PROCESS_IMAGE]

    def enqueue(image_job_id: str) -> None:
        with translated_errors():
            broker.enqueue(task.message(image_job_id))

    def waiting() -> int:
        with translated_errors():
            return client.llen(waiting_key(task.queue, settings.redis_namespace))

    keys = RedisKeys(settings.task_queue, settings.redis_namespace)
    with client, broker.client:
        yield QueueAdapter(RedisTaskQueueConsumer(client, keys, consumer), enqueue, waiting)


def consumer_id() -> str:
    """A new name for each process: a restarted one must not take its predecessor for alive."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
