"""The process `imagejobs queue-adapter`."""

import logging
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager

from imagejobs.connections.redis import redis_client
from imagejobs.dispatch.task_queue import DramatiqTaskQueue
from imagejobs.queue_adapter.adapter import TAKE_SECONDS, QueueAdapter
from imagejobs.runtime.signals import stop_on_signals
from imagejobs.settings.settings import Settings
from imagejobs.task_queue.redis_consumer import RedisTaskQueueConsumer
from imagejobs.task_queue.redis_keys import RedisKeys

logger = logging.getLogger(__name__)

SOCKET_SECONDS = TAKE_SECONDS + 1.0
"""Longer than the wait for a message, and so short that the process ends within 3 s even if Redis hangs."""


def run(settings: Settings) -> None:
    """Move messages until SIGTERM or SIGINT, then return within 3 s. Redis may start later than this process."""
    stop = stop_on_signals()
    with queue_adapter(settings, consumer_id()) as adapter:
        logger.info("moving messages from the list %s to Dramatiq", settings.task_queue)
        adapter.run(stop)
    logger.info("stopped")


@contextmanager
def queue_adapter(settings: Settings, consumer: str) -> Iterator[QueueAdapter]:
    """The adapter between the list TASK_QUEUE and Dramatiq's queue, both at REDIS_URI; connected for the block."""
    client = redis_client(settings.redis_uri, socket_timeout=SOCKET_SECONDS)
    keys = RedisKeys(settings.task_queue, settings.redis_namespace)
    with client, closing(DramatiqTaskQueue(settings, socket_timeout=SOCKET_SECONDS)) as dramatiq:
        yield QueueAdapter(RedisTaskQueueConsumer(client, keys, consumer), dramatiq)


def consumer_id() -> str:
    """A new name for each process, so that a restarted one does not take its predecessor for alive."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
