"""Returns messages to the list that dead consumers had taken."""

from typing import cast

from redis import Redis

from imagejobs.task_queue.redis_errors import translated_errors
from imagejobs.task_queue.redis_keys import RedisKeys

_FORGET_IF_GONE = """
if redis.call('EXISTS', KEYS[2]) == 0 and redis.call('EXISTS', KEYS[3]) == 0 then
    redis.call('SREM', KEYS[1], ARGV[1])
end
"""


class DeadConsumers:
    """The registered consumers without a heartbeat. The registry is a set, so no scan over Redis' keys is needed."""

    def __init__(self, client: Redis, keys: RedisKeys) -> None:
        self._client = client
        self._keys = keys
        self._forget_if_gone = client.register_script(_FORGET_IF_GONE)

    def reclaim(self) -> int:
        """Return their messages; the number of messages moved. Concurrent calls are safe: each message moves once."""
        with translated_errors():
            registered = cast("set[bytes]", self._client.smembers(self._keys.consumers))
            return sum(self._reclaim(each.decode()) for each in registered)

    def _reclaim(self, consumer_id: str) -> int:
        heartbeat, processing = self._keys.heartbeat(consumer_id), self._keys.processing(consumer_id)
        if self._client.exists(heartbeat):
            return 0
        moved = return_all(self._client, processing, self._keys.name)
        self._forget_if_gone(keys=[self._keys.consumers, heartbeat, processing], args=[consumer_id])
        return moved


def return_all(client: Redis, processing: str, name: str) -> int:
    """Move a processing list back to the list `name`; the number of messages moved.

    The newest message moves first, so that the oldest one ends up at the right end, where consumers take messages.
    """
    moved = 0
    with translated_errors():
        while client.lmove(processing, name, "LEFT", "RIGHT") is not None:
            moved += 1
    return moved
