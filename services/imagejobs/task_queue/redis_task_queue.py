"""The producer's end of the list `task_queue` on Redis."""

from collections.abc import Sequence
from typing import cast

from redis import Redis

from imagejobs.task_queue.dead_consumers import DeadConsumers
from imagejobs.task_queue.message import ProcessImageMessage
from imagejobs.task_queue.redis_errors import translated_errors
from imagejobs.task_queue.redis_keys import PROBE_TTL, RedisKeys


class RedisTaskQueue:
    """Implements TaskQueue. No command is sent twice."""

    is_shared = True

    def __init__(self, client: Redis, keys: RedisKeys) -> None:
        self._client = client
        self._keys = keys
        self._name = keys.name
        self._dead_consumers = DeadConsumers(client, keys)

    def push(self, image_job_ids: Sequence[str]) -> None:
        """See TaskQueue. One LPUSH: all messages or none."""
        if image_job_ids:
            with translated_errors():
                self._client.lpush(self._name, *(ProcessImageMessage(each).encode() for each in image_job_ids))

    def length(self) -> int:
        """See TaskQueue."""
        with translated_errors():
            return self._client.llen(self._name)

    def dead_letters(self) -> int:
        """See TaskQueue."""
        with translated_errors():
            return self._client.llen(self._keys.dead)

    def absent(self, image_job_ids: Sequence[str]) -> frozenset[str]:
        """See TaskQueue."""
        with translated_errors(), self._client.pipeline(transaction=False) as questions:
            for each in image_job_ids:
                questions.lpos(self._name, cast("str", ProcessImageMessage(each).encode()), rank=-1)
            found = questions.execute()
        return frozenset(each for each, place in zip(image_job_ids, found, strict=True) if place is None)

    def reclaim(self) -> int:
        """See TaskQueue."""
        return self._dead_consumers.reclaim()

    def ping(self) -> None:
        """See TaskQueue."""
        with translated_errors():
            self._client.set(self._keys.probe, b"1", ex=PROBE_TTL)
