"""The broker on a real Redis: its client raises the errors that Dramatiq survives."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import dramatiq
import pytest
import redis
from dramatiq.brokers.redis import RedisBroker
from dramatiq.errors import ConnectionClosed
from dramatiq.middleware import AgeLimit, CurrentMessage, Retries, ShutdownNotifications, TimeLimit
from imagejobs.dispatch.broker import redis_broker, waiting_key
from imagejobs.settings.settings import Settings
from servers.losing_proxy import LosingProxy, Loss
from servers.processes import RedisServer, redis_server

QUEUE = "image_jobs"


@pytest.fixture(scope="module")
def running_redis() -> Iterator[RedisServer]:
    with redis_server() as server:
        yield server


@pytest.fixture
def broker_at() -> Iterator[Callable[[int], RedisBroker]]:
    """Makes a broker for the Redis at a port; closes the brokers' connections after the test."""
    with ExitStack() as connections:

        def make(port: int) -> RedisBroker:
            settings = Settings(_env_file=None, redis_uri=f"redis://127.0.0.1:{port}", storage="filesystem")
            made = redis_broker(settings, socket_timeout=2)
            connections.enter_context(made.client)
            made.declare_queue(QUEUE)
            return made

        yield make


@pytest.fixture
def broker(running_redis: RedisServer, broker_at: Callable[[int], RedisBroker]) -> RedisBroker:
    found = broker_at(running_redis.port)
    found.client.flushall()
    return found


def message() -> dramatiq.Message[None]:
    return dramatiq.Message(queue_name=QUEUE, actor_name="process_image", args=(), kwargs={}, options={})


def fetch(broker: RedisBroker) -> tuple[Any, Any]:
    consumer = broker.consume(QUEUE, timeout=1)
    return consumer, next(consumer)


def test_only_the_chosen_middleware_runs(broker: RedisBroker) -> None:
    kinds = {type(each) for each in broker.middleware}
    assert kinds == {ShutdownNotifications, CurrentMessage, Retries}
    assert not kinds & {AgeLimit, TimeLimit}


def test_what_waits_is_counted_under_its_key(broker: RedisBroker) -> None:
    broker.enqueue(message())
    assert broker.client.llen(waiting_key(QUEUE, "")) == 1
    fetch(broker)
    assert broker.client.llen(waiting_key(QUEUE, "")) == 0


def test_an_enqueue_whose_reply_is_lost_is_not_repeated(
    broker: RedisBroker, broker_at: Callable[[int], RedisBroker], running_redis: RedisServer
) -> None:
    with LosingProxy(running_redis.port) as proxy:
        behind_proxy = broker_at(proxy.port)
        behind_proxy.enqueue(message())
        proxy.lose(Loss())
        with pytest.raises(redis.ConnectionError):
            behind_proxy.enqueue(message())
    assert broker.client.llen(waiting_key(QUEUE, "")) == 2


def test_an_ack_whose_reply_is_late_is_one_that_dramatiq_repeats(
    broker: RedisBroker, broker_at: Callable[[int], RedisBroker], running_redis: RedisServer
) -> None:
    with LosingProxy(running_redis.port) as proxy:
        behind_proxy = broker_at(proxy.port)
        behind_proxy.enqueue(message())
        consumer, fetched = fetch(behind_proxy)
        proxy.lose(Loss(silently=True))
        with pytest.raises(ConnectionClosed):
            consumer.ack(fetched)
        consumer.ack(fetched)
    assert broker.client.hlen(f"{waiting_key(QUEUE, '')}.msgs") == 0


def test_an_ack_that_a_full_memory_refuses_is_one_that_dramatiq_repeats(broker: RedisBroker) -> None:
    broker.enqueue(message())
    consumer, fetched = fetch(broker)
    broker.client.config_set("maxmemory", "1")
    try:
        with pytest.raises(ConnectionClosed, match="OutOfMemoryError"):
            consumer.ack(fetched)
    finally:
        broker.client.config_set("maxmemory", "0")
    consumer.ack(fetched)
    assert broker.client.hlen(f"{waiting_key(QUEUE, '')}.msgs") == 0


def test_a_dead_workers_message_is_found_by_one_fetch_in_twenty(
    broker: RedisBroker, broker_at: Callable[[int], RedisBroker], monkeypatch: pytest.MonkeyPatch
) -> None:
    broker.enqueue(message())
    fetch(broker)
    broker.client.zadd("dramatiq:__heartbeats__", {broker.broker_id: time.time() * 1000 - 16_000})
    heir = broker_at(broker.client.get_connection_kwargs()["port"])
    monkeypatch.setattr("dramatiq.brokers.redis.random.randint", lambda _low, high: high // 20 + 1)
    assert fetch(heir)[1] is None
    monkeypatch.setattr("dramatiq.brokers.redis.random.randint", lambda _low, high: high // 20)
    assert fetch(heir)[1] is not None
