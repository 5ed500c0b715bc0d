"""Jobs that go straight to Dramatiq, on a real Redis."""

from collections.abc import Iterator
from typing import cast

import pytest
from dramatiq import Message
from dramatiq.brokers.redis import RedisBroker
from imagejobs.dispatch.broker import waiting_key
from imagejobs.dispatch.task_queue import DramatiqTaskQueue
from imagejobs.embedded.services.ports import free_port
from imagejobs.settings.settings import Settings
from imagejobs.task_queue.task_queue import QueueUnavailable
from servers.processes import RedisServer, redis_server

IDS = [f"{number:024x}" for number in range(3)]


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with redis_server() as started:
        yield started


def queue_at(uri: str) -> DramatiqTaskQueue:
    return DramatiqTaskQueue(Settings(_env_file=None, redis_uri=uri, storage="filesystem", enqueue_to="dramatiq"))


def test_each_job_is_one_message_for_the_actor(server: RedisServer) -> None:
    queue = queue_at(server.uri)
    queue.ping()
    queue.push([])
    assert queue.length() == 0
    queue.push(IDS)
    assert queue.length() == 3
    assert queue.reclaim() == 0
    with server.client() as client:
        ids = client.lrange(waiting_key("image_jobs", ""), 0, -1)
        messages = [
            Message.decode(cast("bytes", client.hget(f"{waiting_key('image_jobs', '')}.msgs", each))) for each in ids
        ]
    assert [(each.actor_name, each.kwargs["image_job_id"]) for each in messages] == [
        ("process_image", each) for each in IDS
    ]


def test_what_dramatiqs_workers_gave_up_is_counted(server: RedisServer) -> None:
    queue = queue_at(server.uri)
    before = queue.dead_letters()
    broker = RedisBroker(url=server.uri, middleware=[])  # type: ignore[no-untyped-call]  # dramatiq's brokers have no types
    broker.declare_queue("image_jobs")
    broker.enqueue(Message("image_jobs", "process_image", (), {}, {}))
    consumer = broker.consume("image_jobs", timeout=1)
    message = next(consumer)
    assert message
    consumer.nack(message)
    assert queue.dead_letters() == before + 1
    assert queue.absent(IDS) == frozenset(), "no other program uses this queue"
    broker.client.close()


def test_without_redis_every_call_raises() -> None:
    queue = queue_at(f"redis://127.0.0.1:{free_port()}")
    for call in (queue.ping, queue.length, queue.dead_letters, lambda: queue.push(IDS)):
        with pytest.raises(QueueUnavailable, match="Redis is unavailable"):
            call()
