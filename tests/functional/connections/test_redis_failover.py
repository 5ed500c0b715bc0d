"""The client closes its connections to a Redis that cannot serve. With real servers, for every scheme of address."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, cast

import pytest
import redis
from functional.connections.refusing_redis import RefusingRedis
from imagejobs.connections.redis import redis_client
from imagejobs.dispatch.broker import redis_broker
from imagejobs.settings.settings import Settings
from imagejobs.task_queue.redis_consumer import RedisTaskQueueConsumer
from imagejobs.task_queue.redis_keys import RedisKeys
from imagejobs.task_queue.task_queue import QueueUnavailable
from imagejobs.wiring.task_queue import open_task_queue
from servers.processes import wait_until
from servers.redis_pair import RedisPair, redis_pair

WRITE = "return redis.call('SET', KEYS[1], 'x')"
THREADS = 4
GREETINGS = {b"PING": b"+PONG\r\n", b"HELLO": b"%1\r\n$5\r\nproto\r\n:3\r\n", b"CLIENT": b"+OK\r\n"}
"""Replies to the commands that redis-py sends on a new connection."""


@pytest.fixture
def pair() -> Iterator[RedisPair]:
    with redis_pair() as started:
        yield started


def use_at_once(client: redis.Redis) -> None:
    """Use the client from several threads at once, so that its pool keeps a connection for each."""
    together = threading.Barrier(THREADS)

    def use() -> None:
        with client.pipeline() as pipeline:
            pipeline.watch("key")  # type: ignore[no-untyped-call]  # redis-py
            together.wait(10)

    threads = [threading.Thread(target=use) for _ in range(THREADS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()


def transaction(client: redis.Redis) -> None:
    with client.pipeline() as pipeline:
        cast("Any", pipeline).get("key").set("key", "x").execute()


def pipeline(client: redis.Redis) -> None:
    with client.pipeline(transaction=False) as pipeline:
        cast("Any", pipeline).get("key").set("key", "x").get("key").execute()


def script_in_a_transaction(client: redis.Redis) -> None:
    with client.pipeline() as pipeline:
        pipeline.eval(WRITE, 1, "key").execute()


COMMANDS: list[Callable[[redis.Redis], object]] = [
    lambda client: client.set("key", "x"),
    lambda client: client.blmove("key", "other", 1),
    lambda client: client.register_script(WRITE)(keys=["key"]),
    transaction,
    pipeline,
    script_in_a_transaction,
]


@pytest.mark.parametrize("command", COMMANDS)
def test_one_refused_command_closes_every_connection_to_a_demoted_master(
    pair: RedisPair, command: Callable[[redis.Redis], object]
) -> None:
    with redis_client(pair.uri, socket_timeout=5) as client:
        use_at_once(client)
        wait_until(lambda: len(pair.way.destinations()) == THREADS)
        pair.fail_over()
        with pytest.raises(redis.RedisError):
            command(client)
        client.delete("key")
        use_at_once(client)
        command(client)
        assert pair.ports() == {pair.second.port}


def test_a_wait_for_a_message_that_a_demotion_ends_goes_on_at_the_new_master(pair: RedisPair) -> None:
    with redis_client(pair.uri, socket_timeout=30) as client:
        consumer = RedisTaskQueueConsumer(client, RedisKeys("task_queue"), "consumer")
        consumer.heartbeat()
        ended: list[QueueUnavailable] = []

        def wait() -> None:
            with pytest.raises(QueueUnavailable) as raised:
                consumer.take(20)
            ended.append(raised.value)

        waiting = threading.Thread(target=wait)
        waiting.start()
        with pair.first.client() as first:
            wait_until(lambda: first.info("clients")["blocked_clients"] == 1)
        pair.fail_over()
        waiting.join(10)
        assert "UNBLOCKED" in str(ended[0])
        with pair.second.client() as second:
            second.lpush("task_queue", b"message")
        assert consumer.take(5) == b"message"


@pytest.mark.parametrize("enqueue_to", ["task_queue", "dramatiq"])
def test_the_question_whether_redis_is_there_leaves_a_demoted_master(pair: RedisPair, enqueue_to: str) -> None:
    queue = open_task_queue(Settings(_env_file=None, redis_uri=pair.uri, storage="filesystem", enqueue_to=enqueue_to))
    queue.ping()
    pair.fail_over()
    with pytest.raises(QueueUnavailable, match="read only replica"):
        queue.ping()
    queue.ping()
    assert pair.ports() == {pair.second.port}


@pytest.mark.parametrize("enqueue_to", ["task_queue", "dramatiq"])
def test_the_question_whether_redis_is_there_leaves_only_a_key_that_expires(pair: RedisPair, enqueue_to: str) -> None:
    settings = Settings(_env_file=None, redis_uri=pair.uri, storage="filesystem", enqueue_to=enqueue_to)
    open_task_queue(settings).ping()
    with pair.first.client() as first:
        (key,) = first.keys("*")
        assert (
            cast("bytes", key).decode() == {"task_queue": "task_queue:probe", "dramatiq": "dramatiq:probe"}[enqueue_to]
        )
        assert 0 < first.ttl(key) <= 60


def test_a_redis_without_memory_is_not_ready(pair: RedisPair) -> None:
    queue = open_task_queue(Settings(_env_file=None, redis_uri=pair.uri, storage="filesystem"))
    queue.ping()
    with pair.first.client() as first:
        first.config_set("maxmemory", 1)
        with pytest.raises(QueueUnavailable, match="maxmemory"):
            queue.ping()


def test_the_broker_leaves_a_demoted_master(pair: RedisPair) -> None:
    broker = redis_broker(Settings(_env_file=None, redis_uri=pair.uri, storage="filesystem"))
    with broker.client:
        broker.declare_queue("image_jobs")
        broker.do_qsize("image_jobs")
        pair.fail_over()
        with pytest.raises(redis.ConnectionError):
            broker.do_fetch("image_jobs", 1)
        assert broker.do_fetch("image_jobs", 1) == []
        assert pair.ports() == {pair.second.port}


def connections_of_two_commands(reply: str, scheme: str, directory: Path) -> int:
    server = RefusingRedis(reply, directory, GREETINGS)
    with server.at(scheme) as uri, redis_client(uri, socket_timeout=5) as client:
        for _ in range(2):
            with pytest.raises(redis.RedisError):
                client.execute_command("GET", "key")
    return server.connections


@pytest.mark.parametrize("scheme", ["redis", "rediss", "unix"])
def test_over_every_kind_of_connection(scheme: str, tmp_path: Path) -> None:
    reply = "READONLY You can't write against a read only replica."
    assert connections_of_two_commands(reply, scheme, tmp_path) == 2


@pytest.mark.parametrize(
    "reply",
    [
        "LOADING Redis is loading the dataset in memory",
        "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
        "CLUSTERDOWN Hash slot not served",
        "MOVED 3999 127.0.0.1:6381",
        "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)",
        "NOREPLICAS Not enough good replicas to write.",
        "MISCONF Errors writing to the AOF file: No space left on device",
        "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
        "READONLY You can't write against a read only replica. script: f_0, on @user_script:1.",
        "ERR Error running script (call to f_0): @user_script:30: @user_script: 30: "
        "-READONLY You can't write against a read only replica.",
        "EXECABORT Transaction discarded because of: NOREPLICAS Not enough good replicas to write.",
    ],
)
def test_a_reply_of_a_server_that_cannot_serve_closes_the_connection(reply: str, tmp_path: Path) -> None:
    assert connections_of_two_commands(reply, "redis", tmp_path) == 2


@pytest.mark.parametrize(
    "reply",
    [
        "OOM command not allowed when used memory > 'maxmemory'.",
        "WRONGTYPE Operation against a key holding the wrong kind of value",
        "NOSCRIPT No matching script. Please use EVAL.",
        "NOPERM this user has no permissions to access one of the keys used as arguments",
        "ERR wrong number of arguments for 'get' command",
    ],
)
def test_another_refusal_leaves_the_connection_open(reply: str, tmp_path: Path) -> None:
    assert connections_of_two_commands(reply, "redis", tmp_path) == 1


def test_every_thread_of_a_busy_process_goes_over_to_the_new_master(pair: RedisPair) -> None:
    over = threading.Event()

    def write(client: redis.Redis) -> None:
        while not over.is_set():
            with suppress(redis.RedisError):
                client.incr("key")

    with ExitStack() as stack:
        client = stack.enter_context(redis_client(pair.uri, socket_timeout=5))
        threads = [threading.Thread(target=write, args=(client,)) for _ in range(THREADS)]
        for each in threads:
            stack.callback(each.join)
        stack.callback(over.set)
        for each in threads:
            each.start()
        wait_until(lambda: len(pair.way.destinations()) == THREADS)
        pair.fail_over()
        wait_until(lambda: pair.ports() == {pair.second.port} and len(pair.way.destinations()) == THREADS)
