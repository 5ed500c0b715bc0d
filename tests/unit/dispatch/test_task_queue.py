"""Which queue the settings select; tests/suites covers what the queues do."""

from typing import Any

from imagejobs.dispatch.task_queue import PUSH_SECONDS, DramatiqTaskQueue
from imagejobs.settings.settings import Settings
from imagejobs.task_queue.redis_task_queue import RedisTaskQueue
from imagejobs.task_queue.task_queue import TaskQueue
from imagejobs.wiring.task_queue import open_task_queue
from redis import Redis


def opened(**chosen: Any) -> TaskQueue:
    return open_task_queue(Settings(_env_file=None, redis_uri="redis://127.0.0.1:9", storage="filesystem", **chosen))


def assert_bounded(client: Redis) -> None:
    assert client.get_connection_kwargs()["socket_timeout"] == PUSH_SECONDS
    retry = client.get_retry()
    assert retry
    assert retry.get_retries() == 0


def test_the_list_is_opened_without_asking_redis_and_sends_nothing_twice() -> None:
    queue = opened()
    assert isinstance(queue, RedisTaskQueue)
    assert_bounded(queue._client)


def test_so_is_dramatiqs_queue() -> None:
    queue = opened(enqueue_to="dramatiq")
    assert isinstance(queue, DramatiqTaskQueue)
    assert_bounded(queue._broker.client)
