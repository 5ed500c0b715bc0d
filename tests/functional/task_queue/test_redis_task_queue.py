"""The list on Redis only: heartbeats that expire, and a Redis that is slow, refuses a command or loses a reply."""

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from imagejobs.connections.redis import redis_client
from imagejobs.embedded.services.ports import free_port
from imagejobs.task_queue import dead_consumers
from imagejobs.task_queue.dead_consumers import return_all
from imagejobs.task_queue.redis_consumer import RedisTaskQueueConsumer
from imagejobs.task_queue.redis_task_queue import RedisTaskQueue
from imagejobs.task_queue.task_queue import QueueUnavailable
from imagejobs.testing.task_queue.harness import IDS, ids
from redis import Redis
from servers.losing_proxy import LosingProxy, Loss
from servers.processes import silent_server
from worlds.task_queues import RedisList


@pytest.fixture
def harness(redis_port: int) -> Iterator[RedisList]:
    with closing(RedisList.at(redis_port)) as opened:
        yield opened


class TestRedis:
    def test_a_heartbeat_lapses_by_itself(self, harness: RedisList) -> None:
        harness.queue.push(IDS)
        RedisTaskQueueConsumer(harness.client, harness.keys, "dead", heartbeat_ttl=1).take(0)
        assert 0 < harness.client.pttl(harness.keys.heartbeat("dead")) <= 1000

    def test_a_consumer_that_died_is_forgotten_and_a_living_one_is_not(self, harness: RedisList) -> None:
        for name in ("dead", "alive", "released"):
            harness.consumer(name).take(0)
        harness.kill("dead")
        harness.consumer("released").release()
        harness.queue.reclaim()
        assert harness.client.smembers(harness.keys.consumers) == {b"alive"}

    def test_one_that_comes_back_to_life_while_it_is_reclaimed_is_not_forgotten(
        self, harness: RedisList, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def reclaimed_and_alive(*arguments: Any) -> int:
            moved = return_all(*arguments)
            zombie.heartbeat()
            return moved

        harness.queue.push(IDS)
        zombie = harness.consumer("zombie")
        zombie.take(0)
        harness.kill("zombie")
        with monkeypatch.context() as patch:
            patch.setattr(dead_consumers, "return_all", reclaimed_and_alive)
            assert harness.queue.reclaim() == 1
        zombie.take(0)
        harness.kill("zombie")
        assert harness.queue.reclaim() == 1, "the consumer was still registered"

    def test_a_refused_connection_is_reported_at_once(self) -> None:
        harness = RedisList(f"redis://127.0.0.1:{free_port()}")
        started = time.monotonic()
        for call in every_call(harness):
            with pytest.raises(QueueUnavailable, match="Redis is unavailable"):
                call()
        assert time.monotonic() - started < 2

    def test_a_server_that_never_answers_is_given_up_in_time(self) -> None:
        with silent_server() as port, closing(RedisList.at(port, socket_timeout=0.1)) as harness:
            started = time.monotonic()
            for call in every_call(harness):
                with pytest.raises(QueueUnavailable, match="Redis is unavailable"):
                    call()
            assert time.monotonic() - started < 5

    def test_wrong_credentials_are_unavailable(self, redis_port: int) -> None:
        harness = RedisList(f"redis://somebody:wrong@127.0.0.1:{redis_port}")
        with pytest.raises(QueueUnavailable, match="password"):
            harness.queue.push(IDS)

    def test_a_key_of_another_type_is_unavailable(self, harness: RedisList) -> None:
        harness.client.set(harness.keys.name, "not a list")
        with pytest.raises(QueueUnavailable, match="WRONGTYPE"):
            harness.queue.push(IDS)

    def test_a_full_memory_refuses_a_push(self, harness: RedisList) -> None:
        harness.client.config_set("maxmemory", "1")
        try:
            with pytest.raises(QueueUnavailable, match="maxmemory"):
                harness.queue.push(IDS)
        finally:
            harness.client.config_set("maxmemory", "0")
        assert harness.queue.length() == 0

    def test_a_push_whose_reply_is_lost_is_not_repeated(self, redis_port: int, harness: RedisList) -> None:
        with LosingProxy(redis_port) as proxy, client_behind(proxy) as client:
            queue = RedisTaskQueue(client, harness.keys)
            queue.ping()
            proxy.lose(Loss())
            with pytest.raises(QueueUnavailable):
                queue.push(IDS[:1])
        assert list(harness.waiting()) == IDS[:1]

    def test_a_message_whose_reply_is_lost_is_still_unsettled(self, redis_port: int, harness: RedisList) -> None:
        harness.queue.push(IDS)
        with LosingProxy(redis_port) as proxy, client_behind(proxy) as client:
            consumer = RedisTaskQueueConsumer(client, harness.keys, "a")
            consumer.heartbeat()
            proxy.lose(Loss())
            with pytest.raises(QueueUnavailable):
                consumer.take(0)
            assert ids(consumer.unsettled()) == IDS[:1]


def client_behind(proxy: LosingProxy) -> Redis:
    return redis_client(f"redis://127.0.0.1:{proxy.port}", socket_timeout=5)


def every_call(harness: RedisList) -> list[Any]:
    consumer = harness.consumer("a")
    return [
        harness.queue.ping,
        harness.queue.length,
        harness.queue.dead_letters,
        lambda: harness.queue.absent(IDS),
        harness.queue.reclaim,
        lambda: harness.queue.push(IDS),
        lambda: consumer.take(1),
        consumer.unsettled,
        lambda: consumer.settle(b"x"),
        lambda: consumer.dead_letter(b"x", "reason"),
        lambda: consumer.hand_back(b"x"),
        consumer.heartbeat,
        consumer.reclaim,
        consumer.release,
        consumer.length,
    ]
