from collections.abc import Callable
from pathlib import Path

import pytest
import redis
from imagejobs.embedded.services.ports import free_port
from imagejobs.embedded.services.probes import worker_consumes
from imagejobs.embedded.services.redis_server import redis_server, redis_uri
from imagejobs.embedded.supervision.child import Child


@pytest.mark.usefixtures("mark")
def test_it_keeps_its_data_evicts_nothing_and_listens_on_loopback_only(
    tmp_path: Path, until: Callable[..., None]
) -> None:
    (tmp_path / "logs").mkdir()
    port = free_port()
    child = Child(redis_server(tmp_path, port))
    child.start(None)
    until(lambda: child.spec.ready(child.started_at))
    with redis.Redis.from_url(redis_uri(port), decode_responses=True) as client:
        wanted = {"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction", "bind": "127.0.0.1"}
        assert client.config_get(*wanted) == wanted
        client.zadd("dramatiq:__heartbeats__", {"worker": 1_000_500})
    assert worker_consumes(port, 1_000.5)
    assert not worker_consumes(port, 1_000.6), "a heartbeat of an earlier worker"
    with redis.Redis(port=port) as client:
        client.zadd("staging:dramatiq:__heartbeats__", {"worker": 2_000_500})
    assert worker_consumes(port, 1_500, "staging")
    assert not worker_consumes(port, 1_500)
    child.ask_to_stop()
    until(lambda: child.ended() == 0)
    assert list((tmp_path / "redis").rglob("*.aof"))
