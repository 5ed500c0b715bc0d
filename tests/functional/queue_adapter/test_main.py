"""The queue adapter against a real Redis that dies, hangs and comes back. The adapter itself is killed, too."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest
import redis
from dramatiq import Message
from imagejobs.queue_adapter.main import consumer_id, queue_adapter
from imagejobs.settings.settings import Settings
from imagejobs.task_queue.message import ProcessImageMessage
from imagejobs.task_queue.redis_keys import RedisKeys
from imagejobs.task_queue.redis_task_queue import RedisTaskQueue
from servers.fresh_outages import fresh_outages
from servers.processes import RedisServer, redis_server, wait_until

PROGRAM = """
import logging
from imagejobs.queue_adapter.main import run
from imagejobs.settings.settings import Settings
logging.basicConfig(level="INFO")
run(Settings(_env_file=None))
"""
STOP_SECONDS = 3.0
IDS = [f"{number:024x}" for number in range(300)]


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with redis_server() as started:
        yield started


@contextmanager
def adapter_process(server: RedisServer) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "REDIS_URI": server.uri, "STORAGE": "filesystem"}
    process = subprocess.Popen([sys.executable, "-c", PROGRAM], env=environment, stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def adapter_thread(server: RedisServer, data_dir: Path) -> Iterator[None]:
    settings = Settings(_env_file=None, redis_uri=server.uri, storage="filesystem", data_dir=data_dir)
    stop = threading.Event()
    with queue_adapter(settings, consumer_id()) as adapter:
        thread = threading.Thread(target=adapter.run, args=(stop,))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(10)
            assert not thread.is_alive(), "the adapter did not stop"


def push(server: RedisServer, image_job_ids: list[str]) -> None:
    with server.client() as client:
        RedisTaskQueue(client, RedisKeys("task_queue")).push(image_job_ids)


def drain(client: redis.Redis) -> list[str]:
    """Take all messages from Dramatiq's queue, as workers would; their job ids."""
    jobs = []
    while (message_id := client.lpop("dramatiq:image_jobs")) is not None:
        data = client.hget("dramatiq:image_jobs.msgs", cast("bytes", message_id))
        assert isinstance(data, bytes)
        jobs.append(Message.decode(data).kwargs["image_job_id"])
    return jobs


def some_arrived(client: redis.Redis, jobs: list[str], number: float) -> Callable[[], bool]:
    def arrived() -> bool:
        jobs.extend(drain(client))
        return len(set(jobs)) >= number

    return arrived


def test_a_message_of_the_guide_becomes_a_dramatiq_message(server: RedisServer) -> None:
    with adapter_process(server), server.client() as client:
        client.lpush("task_queue", '{"task_type":"process_image","payload":{"imageJobID":"655501d2f12a3d0f3c5a1002"}}')
        wait_until(lambda: client.llen("dramatiq:image_jobs") == 1)
        assert drain(client) == ["655501d2f12a3d0f3c5a1002"]


@pytest.mark.parametrize("stop_signal", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_soon_and_leaves_nothing_behind(server: RedisServer, stop_signal: signal.Signals) -> None:
    with adapter_process(server) as process, server.client() as client:
        wait_until(lambda: bool(client.keys("task_queue:consumer:*")))
        started = time.monotonic()
        process.send_signal(stop_signal)
        assert process.wait(10) == 0
        assert time.monotonic() - started < STOP_SECONDS
        assert client.keys("task_queue:*") == []


def test_a_signal_ends_it_soon_while_redis_hangs(server: RedisServer) -> None:
    with adapter_process(server) as process, server.client() as client:
        wait_until(lambda: bool(client.keys("task_queue:consumer:*")))
        server.process.send_signal(signal.SIGSTOP)
        try:
            started = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
            assert time.monotonic() - started < STOP_SECONDS
        finally:
            server.process.send_signal(signal.SIGCONT)


def test_kills_at_any_moment_lose_no_message(server: RedisServer) -> None:
    push(server, IDS)
    jobs: list[str] = []
    with server.client() as client:
        for part in (0.2, 0.5, 0.8):
            with adapter_process(server) as process:
                wait_until(some_arrived(client, jobs, part * len(IDS)))
                process.kill()
            for heartbeat in client.keys("task_queue:consumer:*"):
                client.delete(heartbeat)
        with adapter_process(server):
            wait_until(some_arrived(client, jobs, len(IDS)))
        assert client.llen("task_queue") == 0
    duplicates = Counter(jobs).total() - len(IDS)
    assert duplicates <= 3, "each kill may repeat one message, the one under way"


def test_a_redis_that_is_killed_and_comes_back_has_lost_no_message(server: RedisServer, tmp_path: Path) -> None:
    jobs: list[str] = []
    with adapter_thread(server, tmp_path):
        for outage in range(3):
            push(server, IDS[outage * 100 : outage * 100 + 100])
            with server.client() as client:
                wait_until(some_arrived(client, jobs, outage * 100 + 20))
            server.kill()
            server.start()
        with server.client() as client:
            wait_until(some_arrived(client, jobs, len(IDS)), 20)
            wait_until(lambda: not client.keys("task_queue:processing:*"))
            assert client.llen("task_queue") == 0


@pytest.mark.usefixtures(fresh_outages.__name__)
def test_it_starts_before_redis_does(server: RedisServer, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    server.kill()
    with adapter_thread(server, tmp_path):
        wait_until(lambda: "trying again" in caplog.text)
        server.start()
        with server.client() as client:
            client.lpush("task_queue", ProcessImageMessage(IDS[0]).encode())
            wait_until(lambda: drain(client) == [IDS[0]])


def test_the_dramatiq_queue_is_filled_to_its_mark_only(server: RedisServer, tmp_path: Path) -> None:
    push(server, IDS)
    with adapter_thread(server, tmp_path), server.client() as client:
        wait_until(lambda: client.llen("task_queue") == 200)
        time.sleep(1.2)  # long enough for two looks at the full queue, which must not grow
        assert (client.llen("dramatiq:image_jobs"), client.llen("task_queue")) == (100, 200)


def test_messages_that_dramatiq_stranded_take_no_room(server: RedisServer, tmp_path: Path) -> None:
    with server.client() as client:
        client.hset("dramatiq:image_jobs.DQ.msgs", mapping=dict.fromkeys(IDS, b"{}"))
        push(server, IDS[:5])
        with adapter_thread(server, tmp_path):
            wait_until(lambda: client.llen("dramatiq:image_jobs") == 5)


def test_consumer_ids_are_new_each_time() -> None:
    assert consumer_id() != consumer_id()
