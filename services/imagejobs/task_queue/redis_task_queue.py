"""The list `task_queue` on Redis. Both ends raise QueueUnavailable when Redis is away or refuses.

A consumer moves each message into a processing list of its own (BLMOVE) instead of popping it, so that one whose reply
is lost, or whose consumer dies, is still there. Needs Redis 6.2.
"""

from collections.abc import Sequence
from typing import cast

from redis import Redis

from imagejobs.task_queue.dead_letter import encode_dead_letter
from imagejobs.task_queue.message import ProcessImage
from imagejobs.task_queue.redis_errors import translated_errors
from imagejobs.task_queue.redis_keys import RedisKeys

HEARTBEAT_TTL = 10
"""Seconds without a heartbeat after which a consumer counts as dead; several times what any of its calls may block."""

_MOVE_IF_HELD = """
if redis.call('LREM', KEYS[1], -1, ARGV[1]) > 0 then
    redis.call('LPUSH', KEYS[2], ARGV[2])
end
"""
"""Moves a message on only while this consumer holds it. One that was reclaimed meanwhile (the process was stopped for
longer than its heartbeat lives) is somebody else's, and pushing it once more would make two of it."""


class RedisTaskQueue:
    """The producer's end of the list."""

    def __init__(self, client: Redis, name: str) -> None:
        self._client = client
        self._name = name

    def push(self, image_job_ids: Sequence[str]) -> None:
        """See TaskQueue; one LPUSH, all or nothing."""
        if image_job_ids:
            with translated_errors():
                self._client.lpush(self._name, *(ProcessImage(each).encode() for each in image_job_ids))

    def length(self) -> int:
        """See TaskQueue."""
        with translated_errors():
            return self._client.llen(self._name)

    def ping(self) -> None:
        """See TaskQueue."""
        with translated_errors():
            self._client.ping()


class RedisTaskQueueConsumer:
    """The consumer's end of the list. `consumer_id` must be used by no other living process.

    The client's socket timeout must be above the longest timeout given to `take`.
    """

    def __init__(self, client: Redis, name: str, consumer_id: str, heartbeat_ttl: int = HEARTBEAT_TTL) -> None:
        self._client = client
        self._keys = RedisKeys(name)
        self._processing = self._keys.processing(consumer_id)
        self._heartbeat = self._keys.heartbeat(consumer_id)
        self._heartbeat_ttl = heartbeat_ttl
        self._announced = False
        self._move_if_held = client.register_script(_MOVE_IF_HELD)

    def take(self, timeout: float) -> bytes | None:
        """See TaskQueueConsumer. Before its first message a consumer gives its first heartbeat."""
        if not self._announced:
            self.heartbeat()
        name = self._keys.name
        with translated_errors():
            if timeout <= 0:  # To BLMOVE zero means for ever.
                return cast("bytes | None", self._client.lmove(name, self._processing, "RIGHT", "LEFT"))
            return cast("bytes | None", self._client.blmove(name, self._processing, timeout, "RIGHT", "LEFT"))  # type: ignore[arg-type]  # Redis takes fractions of seconds

    def unsettled(self) -> Sequence[bytes]:
        """See TaskQueueConsumer."""
        with translated_errors():
            return cast("list[bytes]", self._client.lrange(self._processing, 0, -1))[::-1]

    def settle(self, raw: bytes) -> None:
        """See TaskQueueConsumer."""
        with translated_errors():
            self._client.lrem(self._processing, -1, cast("str", raw))

    def bury(self, raw: bytes, reason: str) -> None:
        """See TaskQueueConsumer."""
        self._move(raw, self._keys.dead, encode_dead_letter(raw, reason))

    def hand_back(self, raw: bytes) -> None:
        """See TaskQueueConsumer."""
        self._move(raw, self._keys.name, raw)

    def heartbeat(self) -> None:
        """See TaskQueueConsumer."""
        with translated_errors():
            self._client.set(self._heartbeat, b"1", ex=self._heartbeat_ttl)
        self._announced = True

    def reclaim(self) -> int:
        """See TaskQueueConsumer. Several consumers may reclaim at once: each message moves once."""
        with translated_errors():
            found = list(self._client.scan_iter(match=self._keys.any_processing, count=1000))
            dead = [key for key in found if not self._is_alive(key)]
        return sum(self._return_all(key) for key in dead)

    def release(self) -> int:
        """See TaskQueueConsumer."""
        moved = self._return_all(self._processing)
        with translated_errors():
            self._client.delete(self._heartbeat)
        self._announced = False
        return moved

    def length(self) -> int:
        """See TaskQueueConsumer."""
        with translated_errors():
            return self._client.llen(self._keys.name)

    def _is_alive(self, processing_key: bytes) -> bool:
        return bool(self._client.exists(self._keys.heartbeat(self._keys.consumer_of(processing_key))))

    def _return_all(self, processing_key: str | bytes) -> int:
        """Newest first to the right end, so that the oldest is again the next one to be taken."""
        moved = 0
        with translated_errors():
            while self._client.lmove(cast("str", processing_key), self._keys.name, "LEFT", "RIGHT") is not None:
                moved += 1
        return moved

    def _move(self, raw: bytes, target: str, message: bytes) -> None:
        with translated_errors():
            self._move_if_held(keys=[self._processing, target], args=[raw, message])
