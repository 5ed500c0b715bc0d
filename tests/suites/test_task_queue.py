"""The conformance suite of TaskQueue and TaskQueueConsumer, also where a consumer dies or Redis goes away."""

import base64
import json
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, Self, cast
from uuid import uuid4

import pytest
from imagejobs.connections.redis import redis_client
from imagejobs.embedded.services.ports import free_port
from imagejobs.task_queue import dead_consumers, memory_task_queue, redis_consumer
from imagejobs.task_queue.dead_consumers import return_all
from imagejobs.task_queue.memory_task_queue import MemoryTaskQueue, MemoryTaskQueueConsumer
from imagejobs.task_queue.message import ProcessImageMessage, decode
from imagejobs.task_queue.redis_consumer import RedisTaskQueueConsumer
from imagejobs.task_queue.redis_keys import RedisKeys
from imagejobs.task_queue.redis_task_queue import RedisTaskQueue
from imagejobs.task_queue.task_queue import QueueUnavailable, TaskQueue, TaskQueueConsumer
from redis import Redis
from servers.fixtures import REDIS
from servers.losing_proxy import LosingProxy, Loss
from servers.processes import silent_server

IDS = [f"{number:024x}" for number in range(1, 6)]
FOREIGN = b'{"task_type":"send_mail","payload":{}}'


class World(Protocol):
    """One list, and what the tests do to it from outside."""

    @property
    def queue(self) -> TaskQueue: ...
    def consumer(self, consumer_id: str) -> TaskQueueConsumer: ...
    def push_raw(self, raw: bytes) -> None: ...
    def waiting(self) -> Sequence[bytes]: ...
    def dead(self) -> list[dict[str, Any]]: ...
    def let_die(self, consumer_id: str) -> None: ...


@dataclass
class MemoryWorld:
    queue: MemoryTaskQueue = field(default_factory=MemoryTaskQueue)

    def consumer(self, consumer_id: str) -> TaskQueueConsumer:
        return MemoryTaskQueueConsumer(self.queue, consumer_id)

    def push_raw(self, raw: bytes) -> None:
        self.queue.push_raw(raw)

    def waiting(self) -> Sequence[bytes]:
        return list(self.queue.messages)

    def dead(self) -> list[dict[str, Any]]:
        return [json.loads(each) for each in self.queue.dead]

    def let_die(self, consumer_id: str) -> None:
        del self.queue.alive_until[consumer_id]


class RedisWorld:
    def __init__(self, uri: str, socket_timeout: float = 3) -> None:
        self.keys = RedisKeys(f"queue[{uuid4()}]*?", namespace="staging")
        self.client = redis_client(uri, socket_timeout=socket_timeout)
        self.queue = RedisTaskQueue(self.client, self.keys)

    @classmethod
    def at(cls, port: int, **options: float) -> Self:
        return cls(f"redis://127.0.0.1:{port}", **options)

    def close(self) -> None:
        self.client.close()

    def consumer(self, consumer_id: str) -> TaskQueueConsumer:
        return RedisTaskQueueConsumer(self.client, self.keys, consumer_id)

    def push_raw(self, raw: bytes) -> None:
        self.client.lpush(self.keys.name, raw)

    def waiting(self) -> Sequence[bytes]:
        found = cast("list[bytes]", self.client.lrange(self.keys.name, 0, -1))
        return found[::-1]

    def dead(self) -> list[dict[str, Any]]:
        return [json.loads(each) for each in self.client.lrange(self.keys.dead, 0, -1)]

    def let_die(self, consumer_id: str) -> None:
        assert self.client.delete(self.keys.heartbeat(consumer_id)) == 1


@pytest.fixture(params=["memory", *REDIS])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    if request.param == "memory":
        yield MemoryWorld()
        return
    with closing(RedisWorld.at(request.getfixturevalue(request.param))) as world:
        yield world


@pytest.fixture
def redis_world(redis_port: int) -> Iterator[RedisWorld]:
    with closing(RedisWorld.at(redis_port)) as world:
        yield world


def take_all(consumer: TaskQueueConsumer) -> list[bytes]:
    found = []
    while (raw := consumer.take(0)) is not None:
        found.append(raw)
    return found


def ids(messages: Sequence[bytes]) -> list[str]:
    return [decode(raw).image_job_id for raw in messages]


class TestEveryTaskQueue:
    def test_messages_are_taken_oldest_first_as_the_guide_writes_them(self, world: World) -> None:
        world.queue.push(IDS[:2])
        world.queue.push(IDS[2:3])
        taken = take_all(world.consumer("a"))
        assert ids(taken) == IDS[:3]
        assert taken[0] == f'{{"task_type":"process_image","payload":{{"imageJobID":"{IDS[0]}"}}}}'.encode()

    def test_nothing_is_pushed_for_no_jobs(self, world: World) -> None:
        world.queue.push([])
        assert world.queue.length() == 0

    def test_the_jobs_of_which_no_message_waits_are_absent(self, world: World) -> None:
        world.queue.push(IDS[:3])
        world.push_raw(FOREIGN)
        consumer = world.consumer("a")
        consumer.take(0)
        assert world.queue.absent(IDS[:4]) == {IDS[0], IDS[3]}, "one was taken, one never there"
        assert world.queue.absent([]) == frozenset()

    def test_the_length_counts_what_waits_whoever_it_is_for(self, world: World) -> None:
        world.queue.push(IDS)
        world.push_raw(FOREIGN)
        consumer = world.consumer("a")
        consumer.take(0)
        assert world.queue.length() == consumer.length() == 5

    def test_taking_from_an_empty_list_waits_and_gives_up(self, world: World) -> None:
        started = time.monotonic()
        assert world.consumer("a").take(0.2) is None
        assert 0.15 < time.monotonic() - started < 2

    def test_a_message_that_comes_while_one_waits_is_taken_at_once(self, world: World) -> None:
        producer = threading.Timer(0.1, world.queue.push, [IDS[:1]])
        producer.start()
        started = time.monotonic()
        assert world.consumer("a").take(2) == ProcessImageMessage(IDS[0]).encode()
        assert time.monotonic() - started < 1
        producer.join()

    def test_a_taken_message_stays_unsettled_until_it_is_settled(self, world: World) -> None:
        world.queue.push(IDS[:3])
        consumer = world.consumer("a")
        taken = take_all(consumer)
        assert list(consumer.unsettled()) == taken
        consumer.settle(taken[1])
        assert list(consumer.unsettled()) == [taken[0], taken[2]]

    def test_settling_one_of_two_equal_messages_leaves_the_other(self, world: World) -> None:
        world.queue.push([IDS[0], IDS[0]])
        consumer = world.consumer("a")
        raw, _ = take_all(consumer)
        consumer.settle(raw)
        assert list(consumer.unsettled()) == [raw]

    def test_consumers_see_only_what_they_took(self, world: World) -> None:
        world.queue.push(IDS[:2])
        one, other = world.consumer("a"), world.consumer("b")
        assert ids([one.take(0) or b""]) == IDS[:1]
        assert ids(other.unsettled()) == []

    def test_many_consumers_take_each_message_once(self, world: World) -> None:
        many = [f"{number:024x}" for number in range(500)]
        world.queue.push(many)
        with ThreadPoolExecutor(4) as threads:
            taken = list(threads.map(lambda name: take_all(world.consumer(name)), "abcd"))
        assert sorted(ids([raw for part in taken for raw in part])) == many

    def test_a_handed_back_message_is_the_last_of_the_list(self, world: World) -> None:
        world.push_raw(FOREIGN)
        world.queue.push(IDS[:1])
        consumer = world.consumer("a")
        consumer.hand_back(consumer.take(0) or b"")
        assert list(world.waiting()) == [ProcessImageMessage(IDS[0]).encode(), FOREIGN]
        assert list(consumer.unsettled()) == []

    @pytest.mark.parametrize("raw", [b"{not json", "höher".encode(), b"\xff\xfe\x00"])
    def test_a_buried_message_keeps_its_bytes_reason_and_time(self, world: World, raw: bytes) -> None:
        world.push_raw(raw)
        consumer = world.consumer("a")
        consumer.bury(consumer.take(0) or b"", "cannot be read")
        (letter,) = world.dead()
        assert base64.b64decode(letter["base64"]) == raw
        assert letter["reason"] == "cannot be read"
        assert datetime.fromisoformat(letter["at"]).tzinfo
        assert letter.get("message") == (None if b"\xff" in raw else raw.decode())
        assert list(consumer.unsettled()) == []

    def test_the_newest_dead_letters_are_kept_and_all_messages(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for module in (redis_consumer, memory_task_queue):
            monkeypatch.setattr(module, "MAX_DEAD_LETTERS", 3)
        consumer = world.consumer("a")
        for number in range(5):
            world.push_raw(f"{number}".encode())
            consumer.bury(consumer.take(0) or b"", "cannot be read")
        assert sorted(letter["message"] for letter in world.dead()) == ["2", "3", "4"]
        assert world.queue.dead_letters() == 3
        world.queue.push(IDS)
        consumer.hand_back(consumer.take(0) or b"")
        assert world.queue.length() == len(IDS)


class TestCrashes:
    def test_a_dead_consumers_messages_are_the_next_to_be_taken_in_their_order(self, world: World) -> None:
        world.queue.push(IDS)
        dead = world.consumer("dead")
        for _ in range(3):
            dead.take(0)
        world.let_die("dead")
        heir = world.consumer("heir")
        assert heir.reclaim() == 3
        assert ids(take_all(heir)) == IDS

    def test_they_are_reclaimed_once(self, world: World) -> None:
        world.queue.push(IDS)
        take_all(world.consumer("dead"))
        world.let_die("dead")
        with ThreadPoolExecutor(4) as threads:
            moved = list(threads.map(lambda name: world.consumer(name).reclaim(), "abcd"))
        assert sum(moved) == len(IDS)
        assert ids(world.waiting()) == IDS
        assert world.consumer("heir").reclaim() == 0

    def test_a_producer_reclaims_them_too(self, world: World) -> None:
        world.queue.push(IDS)
        take_all(world.consumer("dead"))
        alive = world.consumer("alive")
        alive.heartbeat()
        world.let_die("dead")
        assert world.queue.reclaim() == len(IDS)
        assert ids(world.waiting()) == IDS
        assert world.queue.reclaim() == 0

    def test_a_live_consumers_messages_stay_its_own_from_its_first_take_on(self, world: World) -> None:
        world.queue.push(IDS)
        alive = world.consumer("alive")
        alive.take(0)
        assert world.consumer("heir").reclaim() == 0
        assert ids(alive.unsettled()) == IDS[:1]

    def test_a_heartbeat_brings_a_consumer_back_to_life(self, world: World) -> None:
        world.queue.push(IDS)
        consumer = world.consumer("a")
        consumer.take(0)
        world.let_die("a")
        consumer.heartbeat()
        assert world.consumer("heir").reclaim() == 0

    def test_what_was_reclaimed_is_no_longer_handed_back_or_buried(self, world: World) -> None:
        world.push_raw(FOREIGN)
        zombie = world.consumer("zombie")
        raw = zombie.take(0) or b""
        world.let_die("zombie")
        world.consumer("heir").reclaim()
        zombie.hand_back(raw)
        zombie.bury(raw, "late")
        zombie.settle(raw)
        assert list(world.waiting()) == [FOREIGN]
        assert world.dead() == []

    def test_a_released_consumer_leaves_all_in_front_and_nothing_to_reclaim(self, world: World) -> None:
        world.queue.push(IDS)
        leaving = world.consumer("leaving")
        leaving.take(0)
        leaving.take(0)
        assert leaving.release() == 2
        assert ids(world.waiting()) == IDS
        assert world.consumer("heir").reclaim() == 0

    def test_a_released_consumer_that_takes_again_is_alive_again(self, world: World) -> None:
        world.queue.push(IDS)
        consumer = world.consumer("a")
        consumer.take(0)
        consumer.release()
        consumer.take(0)
        assert world.consumer("heir").reclaim() == 0


class TestRedis:
    def test_a_heartbeat_lapses_by_itself(self, redis_world: RedisWorld) -> None:
        world = redis_world
        world.queue.push(IDS)
        RedisTaskQueueConsumer(world.client, world.keys, "dead", heartbeat_ttl=1).take(0)
        assert 0 < world.client.pttl(world.keys.heartbeat("dead")) <= 1000

    def test_a_consumer_that_died_is_forgotten_and_a_living_one_is_not(self, redis_world: RedisWorld) -> None:
        world = redis_world
        for name in ("dead", "alive", "released"):
            world.consumer(name).take(0)
        world.let_die("dead")
        world.consumer("released").release()
        world.queue.reclaim()
        assert world.client.smembers(world.keys.consumers) == {b"alive"}

    def test_one_that_comes_back_to_life_while_it_is_reclaimed_is_not_forgotten(
        self, redis_world: RedisWorld, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def reclaimed_and_alive(*arguments: Any) -> int:
            moved = return_all(*arguments)
            zombie.heartbeat()
            return moved

        world = redis_world
        world.queue.push(IDS)
        zombie = world.consumer("zombie")
        zombie.take(0)
        world.let_die("zombie")
        with monkeypatch.context() as patch:
            patch.setattr(dead_consumers, "return_all", reclaimed_and_alive)
            assert world.queue.reclaim() == 1
        zombie.take(0)
        world.let_die("zombie")
        assert world.queue.reclaim() == 1, "it was still registered"

    def test_a_refused_connection_is_reported_at_once(self) -> None:
        world = RedisWorld(f"redis://127.0.0.1:{free_port()}")
        started = time.monotonic()
        for call in every_call(world):
            with pytest.raises(QueueUnavailable, match="Redis is unavailable"):
                call()
        assert time.monotonic() - started < 2

    def test_a_server_that_never_answers_is_given_up_in_time(self) -> None:
        with silent_server() as port, closing(RedisWorld.at(port, socket_timeout=0.1)) as world:
            started = time.monotonic()
            for call in every_call(world):
                with pytest.raises(QueueUnavailable, match="Redis is unavailable"):
                    call()
            assert time.monotonic() - started < 5

    def test_wrong_credentials_are_unavailable(self, redis_port: int) -> None:
        world = RedisWorld(f"redis://somebody:wrong@127.0.0.1:{redis_port}")
        with pytest.raises(QueueUnavailable, match="password"):
            world.queue.push(IDS)

    def test_a_key_of_another_type_is_unavailable(self, redis_world: RedisWorld) -> None:
        world = redis_world
        world.client.set(world.keys.name, "not a list")
        with pytest.raises(QueueUnavailable, match="WRONGTYPE"):
            world.queue.push(IDS)

    def test_a_full_memory_refuses_a_push(self, redis_world: RedisWorld) -> None:
        world = redis_world
        world.client.config_set("maxmemory", "1")
        try:
            with pytest.raises(QueueUnavailable, match="maxmemory"):
                world.queue.push(IDS)
        finally:
            world.client.config_set("maxmemory", "0")
        assert world.queue.length() == 0

    def test_a_push_whose_reply_is_lost_is_not_repeated(self, redis_port: int, redis_world: RedisWorld) -> None:
        world = redis_world
        with LosingProxy(redis_port) as proxy, client_behind(proxy) as client:
            queue = RedisTaskQueue(client, world.keys)
            queue.ping()
            proxy.lose(Loss())
            with pytest.raises(QueueUnavailable):
                queue.push(IDS[:1])
        assert ids(world.waiting()) == IDS[:1]

    def test_a_message_whose_reply_is_lost_is_still_unsettled(self, redis_port: int, redis_world: RedisWorld) -> None:
        world = redis_world
        world.queue.push(IDS)
        with LosingProxy(redis_port) as proxy, client_behind(proxy) as client:
            consumer = RedisTaskQueueConsumer(client, world.keys, "a")
            consumer.heartbeat()
            proxy.lose(Loss())
            with pytest.raises(QueueUnavailable):
                consumer.take(0)
            assert ids(consumer.unsettled()) == IDS[:1]


def client_behind(proxy: LosingProxy) -> Redis:
    return redis_client(f"redis://127.0.0.1:{proxy.port}", socket_timeout=5)


def every_call(world: RedisWorld) -> list[Any]:
    consumer = world.consumer("a")
    return [
        world.queue.ping,
        world.queue.length,
        world.queue.dead_letters,
        lambda: world.queue.absent(IDS),
        world.queue.reclaim,
        lambda: world.queue.push(IDS),
        lambda: consumer.take(1),
        consumer.unsettled,
        lambda: consumer.settle(b"x"),
        lambda: consumer.bury(b"x", "reason"),
        lambda: consumer.hand_back(b"x"),
        consumer.heartbeat,
        consumer.reclaim,
        consumer.release,
        consumer.length,
    ]
