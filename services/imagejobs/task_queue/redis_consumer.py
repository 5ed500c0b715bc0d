"""The consumer's end of the list `task_queue` on Redis. Needs Redis 6.2.

A consumer does not pop a message but moves it to its own processing list (BLMOVE). So the message still exists if the
reply is lost or the consumer dies.
"""

from collections.abc import Sequence
from typing import cast

from redis import Redis

from imagejobs.task_queue.dead_consumers import DeadConsumers, return_all
from imagejobs.task_queue.dead_letter import MAX_DEAD_LETTERS, encode_dead_letter
from imagejobs.task_queue.redis_errors import translated_errors
from imagejobs.task_queue.redis_keys import RedisKeys

HEARTBEAT_TTL = 10
"""Seconds without a heartbeat after which a consumer counts as dead; several times as long as any call may block."""

_MOVE_IF_HELD = """
if redis.call('LREM', KEYS[1], -1, ARGV[1]) > 0 then
    redis.call('LPUSH', KEYS[2], ARGV[2])
    redis.call('LTRIM', KEYS[2], 0, tonumber(ARGV[3]))
end
"""
"""Moves a message only while this consumer holds it. If the process was stopped for longer than its heartbeat lives,
the message was reclaimed; a second push would duplicate it. ARGV[3] is the index of the last element that is kept."""
_ALL = -1


class RedisTaskQueueConsumer:
    """Implements TaskQueueConsumer. No other running process may use the same `consumer_id`.

    The client's socket timeout must be longer than the longest timeout given to `take`.
    """

    def __init__(self, client: Redis, keys: RedisKeys, consumer_id: str, heartbeat_ttl: int = HEARTBEAT_TTL) -> None:
        self._client = client
        self._id = consumer_id
        self._keys = keys
        self._dead_consumers = DeadConsumers(client, self._keys)
        self._processing = self._keys.processing(consumer_id)
        self._heartbeat = self._keys.heartbeat(consumer_id)
        self._heartbeat_ttl = heartbeat_ttl
        self._announced = False
        self._move_if_held = client.register_script(_MOVE_IF_HELD)

    def take(self, timeout: float) -> bytes | None:
        """See TaskQueueConsumer. The first call sends a heartbeat before it takes a message."""
        if not self._announced:
            self.heartbeat()
        name = self._keys.name
        with translated_errors():
            if timeout <= 0:  # BLMOVE with a timeout of 0 would wait for ever
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

    def dead_letter(self, raw: bytes, reason: str) -> None:
        """See TaskQueueConsumer."""
        self._move(raw, self._keys.dead, encode_dead_letter(raw, reason), MAX_DEAD_LETTERS - 1)

    def hand_back(self, raw: bytes) -> None:
        """See TaskQueueConsumer."""
        self._move(raw, self._keys.name, raw, _ALL)

    def heartbeat(self) -> None:
        """See TaskQueueConsumer."""
        with translated_errors(), self._client.pipeline() as both:
            both.sadd(self._keys.consumers, self._id)
            both.set(self._heartbeat, b"1", ex=self._heartbeat_ttl)
            both.execute()
        self._announced = True

    def reclaim(self) -> int:
        """See TaskQueueConsumer."""
        return self._dead_consumers.reclaim()

    def release(self) -> int:
        """See TaskQueueConsumer."""
        moved = return_all(self._client, self._processing, self._keys.name)
        with translated_errors(), self._client.pipeline() as both:
            both.delete(self._heartbeat)
            both.srem(self._keys.consumers, self._id)
            both.execute()
        self._announced = False
        return moved

    def length(self) -> int:
        """See TaskQueueConsumer."""
        with translated_errors():
            return self._client.llen(self._keys.name)

    def _move(self, raw: bytes, target: str, message: bytes, last: int) -> None:
        with translated_errors():
            self._move_if_held(keys=[self._processing, target], args=[raw, message, last])
