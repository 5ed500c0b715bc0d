"""DramatiqTaskQueue, beyond what TaskQueueSuite tests of every queue."""

from contextlib import closing

import pytest
from imagejobs.dispatch.task_queue import DramatiqTaskQueue
from imagejobs.embedded.services.ports import free_port
from imagejobs.settings.settings import Settings
from imagejobs.task_queue.task_queue import QueueUnavailable
from imagejobs.testing.task_queue.harness import IDS
from servers.fixtures import redis_process  # noqa: F401 - a fixture, found by its name
from worlds.task_queues import DramatiqQueue


def test_each_job_is_one_message_for_the_actor(request: pytest.FixtureRequest) -> None:
    with closing(DramatiqQueue(request.getfixturevalue("redis_process"))) as harness:
        harness.queue.push(IDS)
        messages = harness.messages()
    assert [(each.actor_name, each.kwargs) for each in messages] == [
        ("process_image", {"image_job_id": each}) for each in IDS
    ]


def test_without_redis_every_call_raises() -> None:
    uri = f"redis://127.0.0.1:{free_port()}"
    queue = DramatiqTaskQueue(Settings(_env_file=None, redis_uri=uri, storage="filesystem", enqueue_to="dramatiq"))
    for call in (queue.ping, queue.length, queue.dead_letters, lambda: queue.push(IDS)):
        with pytest.raises(QueueUnavailable, match="Redis is unavailable"):
            call()
