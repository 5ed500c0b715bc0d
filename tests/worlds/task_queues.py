"""The product's queues as harnesses for the conformance suites: each starts empty, and tests act as its workers."""

import json
from collections.abc import Sequence
from typing import Any, Self, cast
from uuid import uuid4

from dramatiq import Consumer, Message
from dramatiq.broker import MessageProxy
from imagejobs.connections.redis import redis_client
from imagejobs.dispatch.broker import redis_broker, waiting_key
from imagejobs.dispatch.task_queue import DramatiqTaskQueue
from imagejobs.settings.settings import Settings
from imagejobs.task_queue.memory_task_queue import MemoryTaskQueue, MemoryTaskQueueConsumer
from imagejobs.task_queue.redis_consumer import RedisTaskQueueConsumer
from imagejobs.task_queue.redis_keys import RedisKeys
from imagejobs.task_queue.redis_task_queue import RedisTaskQueue
from imagejobs.task_queue.task_queue import TaskQueueConsumer
from imagejobs.testing.task_queue.harness import SharedListHarness, ids, take_one


class _SharedList(SharedListHarness):
    """The harness methods that the lists in memory and on Redis share."""

    def waiting(self) -> Sequence[str]:
        return ids(self.waiting_raw())

    def take(self) -> None:
        take_one(self.consumer("worker"))

    def dead_letter(self) -> None:
        worker = self.consumer("worker")
        worker.dead_letter(take_one(worker), "cannot be carried out")


class MemoryList(_SharedList):
    def __init__(self) -> None:
        self._queue = MemoryTaskQueue()

    @property
    def queue(self) -> MemoryTaskQueue:
        return self._queue

    def consumer(self, consumer_id: str) -> TaskQueueConsumer:
        return MemoryTaskQueueConsumer(self.queue, consumer_id)

    def push_raw(self, raw: bytes) -> None:
        self.queue.push_raw(raw)

    def waiting_raw(self) -> Sequence[bytes]:
        return list(self.queue.messages)

    def dead(self) -> Sequence[dict[str, Any]]:
        return [json.loads(each) for each in self.queue.dead]

    def kill(self, consumer_id: str) -> None:
        del self.queue.alive_until[consumer_id]


class RedisList(_SharedList):
    """A list on Redis. Its unique name contains glob characters, which Redis must not read as a pattern."""

    def __init__(self, uri: str, socket_timeout: float = 3) -> None:
        self.keys = RedisKeys(f"queue[{uuid4()}]*?", namespace="staging")
        self.client = redis_client(uri, socket_timeout=socket_timeout)
        self._queue = RedisTaskQueue(self.client, self.keys)

    @classmethod
    def at(cls, port: int, **options: float) -> Self:
        return cls(f"redis://127.0.0.1:{port}", **options)

    def close(self) -> None:
        self.client.close()

    @property
    def queue(self) -> RedisTaskQueue:
        return self._queue

    def consumer(self, consumer_id: str) -> TaskQueueConsumer:
        return RedisTaskQueueConsumer(self.client, self.keys, consumer_id)

    def push_raw(self, raw: bytes) -> None:
        self.client.lpush(self.keys.name, raw)

    def waiting_raw(self) -> Sequence[bytes]:
        found = cast("list[bytes]", self.client.lrange(self.keys.name, 0, -1))
        return found[::-1]

    def dead(self) -> Sequence[dict[str, Any]]:
        return [json.loads(each) for each in self.client.lrange(self.keys.dead, 0, -1)]

    def kill(self, consumer_id: str) -> None:
        assert self.client.delete(self.keys.heartbeat(consumer_id)) == 1


class DramatiqQueue:
    """Dramatiq's queue in its own namespace, with a consumer like a worker's."""

    def __init__(self, port: int) -> None:
        settings = Settings(
            _env_file=None,
            redis_uri=f"redis://127.0.0.1:{port}",
            redis_namespace=uuid4().hex,
            storage="filesystem",
            enqueue_to="dramatiq",
        )
        self.queue = DramatiqTaskQueue(settings)
        self._broker = redis_broker(settings)
        self._waiting = waiting_key("image_jobs", settings.redis_namespace)
        self._broker.declare_queue("image_jobs")
        self._consumer: Consumer = self._broker.consume("image_jobs", timeout=1_000)
        self._taken: list[MessageProxy] = []

    def close(self) -> None:
        self.queue.close()
        self._broker.client.close()

    def messages(self) -> list[Message[Any]]:
        """The waiting messages, in the order in which a worker takes them."""
        found = [self._broker.client.hget(f"{self._waiting}.msgs", each) for each in self._queued()]
        return [Message.decode(cast("bytes", each)) for each in found]

    def waiting(self) -> Sequence[str]:
        return [each.kwargs["image_job_id"] for each in self.messages()]

    def take(self) -> None:
        message = next(self._consumer)
        assert message is not None, "the queue is empty"
        self._taken.append(message)

    def dead_letter(self) -> None:
        self.take()
        self._consumer.nack(self._taken.pop())

    def _queued(self) -> list[bytes]:
        return cast("list[bytes]", self._broker.client.lrange(self._waiting, 0, -1))
