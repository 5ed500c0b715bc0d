"""What redis-py raises, told in the port's terms."""

from collections.abc import Iterator
from contextlib import contextmanager

from redis import RedisError

from imagejobs.task_queue.task_queue import QueueUnavailable


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raise QueueUnavailable for all that Redis refuses too (memory full, read-only replica, loading, no permission).

    To the queue's users they are one thing: nothing can be queued now, and it can once somebody has mended Redis.
    """
    try:
        yield
    except RedisError as error:
        raise QueueUnavailable(error) from error
