import pytest
from imagejobs.dispatch.broker import dramatiq_namespace, waiting_key
from imagejobs.task_queue.redis_keys import RedisKeys


@pytest.mark.parametrize(("namespace", "prefix"), [("", ""), ("staging", "staging:")])
def test_the_namespace_is_in_front_of_every_key_but_the_list(namespace: str, prefix: str) -> None:
    keys = RedisKeys("task_queue", namespace)
    own = [keys.dead, keys.processing("c"), keys.heartbeat("c"), keys.consumers, keys.probe]
    assert own == [
        f"{prefix}task_queue:dead",
        f"{prefix}task_queue:processing:c",
        f"{prefix}task_queue:consumer:c",
        f"{prefix}task_queue:consumers",
        f"{prefix}task_queue:probe",
    ]
    assert keys.name == "task_queue"
    assert dramatiq_namespace(namespace) == f"{prefix}dramatiq"
    assert waiting_key("image_jobs", namespace) == f"{prefix}dramatiq:image_jobs"
