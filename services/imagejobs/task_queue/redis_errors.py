"""Translates redis-py's errors to QueueUnavailable."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from redis import RedisError
from redis.exceptions import AskError

from imagejobs.connections.outages import OUTAGES
from imagejobs.task_queue.task_queue import QueueUnavailable

CLUSTER = "it is a Redis Cluster, which is not supported"
_ANSWERS: Mapping[str, str] = {
    "read only replica|READONLY": "it takes no writes, because it is a replica",
    "maxmemory|OOM": "it takes no writes, because its memory is full",
    "MISCONF": "it takes no writes, because it cannot save its data to its disk",
    "NOREPLICAS|Not enough good replicas": "it takes no writes, because too few replicas are connected",
    "loading the dataset": "it is loading its data",
    "Link with MASTER": "it is a replica that has lost its master",
    "UNBLOCKED": "it was demoted to a replica",
    "WRONGPASS|NOAUTH|Authentication required|invalid username-password|invalid password": "it refuses the password",
    "NOPERM|has no permissions": "its user may not use a command or a key that is needed",
    "Hash slot|hash to the same slot|cluster is down|in cluster mode|CLUSTERDOWN|CROSSSLOT|MOVED|MovedError": CLUSTER,
    "BUSY": "it is busy with a script",
    "max number of clients": "it takes no more connections",
}
"""Explanations of Redis' refusals, by a pattern in the text of redis-py's error; the first match counts. Some patterns
are words and not codes, because redis-py removes the code from some texts."""


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raise QueueUnavailable for every error of Redis, also when it refuses a command (memory full, no permission).

    For the queue's users they are all the same: nothing can be queued until Redis works again.
    """
    with OUTAGES.watched("Redis"):
        try:
            yield
        except RedisError as error:
            raise QueueUnavailable(error, answer_of(error)) from error


def answer_of(error: RedisError) -> str | None:
    """Why Redis refused, without addresses or key names; None if it did not answer or the reason is not a known one."""
    if isinstance(error, AskError):  # also MOVED, whose text is only a number and an address
        return CLUSTER
    text = str(error)
    return next((words for pattern, words in _ANSWERS.items() if re.search(pattern, text)), None)
