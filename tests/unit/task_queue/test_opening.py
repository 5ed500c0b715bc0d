from imagejobs.settings import Settings
from imagejobs.task_queue.opening import PUSH_SECONDS, open_task_queue
from imagejobs.task_queue.redis_task_queue import RedisTaskQueue


def test_the_queue_is_opened_without_asking_redis_and_sends_nothing_twice() -> None:
    queue = open_task_queue(Settings(_env_file=None, redis_uri="redis://127.0.0.1:9", storage="filesystem"))
    assert isinstance(queue, RedisTaskQueue)
    assert queue._client.get_connection_kwargs()["socket_timeout"] == PUSH_SECONDS
    assert queue._client.get_retry().get_retries() == 0
