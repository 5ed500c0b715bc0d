"""Two deployments on one real Redis: REDIS_NAMESPACE keeps them apart; without it, a warning is logged."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, cast

import dramatiq
import pytest
from imagejobs.cli.checks import Concern, Deployment
from imagejobs.cli.checks.deployment import check_deployment
from imagejobs.connections.mongodb import Database
from imagejobs.deployment import MARK_SECONDS, DeploymentWatch, made_deployment_id
from imagejobs.dispatch.broker import redis_broker
from imagejobs.embedded.services.ports import free_port
from imagejobs.errors import ConfigurationError
from imagejobs.queue_adapter.main import queue_adapter
from imagejobs.settings.settings import Settings
from imagejobs.wiring.task_queue import open_task_queue
from servers.processes import MongoServer, RedisServer, mongo_server, redis_server, wait_until

JOB_ID = "0" * 24


@pytest.fixture(scope="module")
def mongo() -> Iterator[MongoServer]:
    with mongo_server() as started:
        yield started


@pytest.fixture(scope="module")
def running_redis() -> Iterator[RedisServer]:
    with redis_server() as started:
        yield started


@pytest.fixture
def redis(running_redis: RedisServer) -> RedisServer:
    with running_redis.client() as client:
        client.flushall()
    return running_redis


class Servers:
    """The servers that several deployments share, with settings for these deployments."""

    def __init__(self, mongo: MongoServer, redis: RedisServer, directory: Path) -> None:
        self._mongo = mongo
        self._redis = redis
        self._directory = directory

    def settings(self, database: str, **chosen: Any) -> Settings:
        places = {"redis_uri": self._redis.uri, "mongodb_uri": self._mongo.uri(f"{self._directory.name}-{database}")}
        return Settings(_env_file=None, storage="filesystem", data_dir=self._directory, **(places | chosen))

    @contextmanager
    def watch(self, database: str, **chosen: Any) -> Iterator[DeploymentWatch]:
        settings = self.settings(database, **chosen)
        with closing(Database(settings.mongodb_uri)) as opened:
            yield DeploymentWatch(settings, opened)

    def check(self, database: str, **chosen: Any) -> str:
        """The result of doctor's check "deployment"."""
        return check_deployment(Deployment(self.settings(database, **chosen), api=None))  # type: ignore[arg-type]  # not asked


@pytest.fixture
def servers(mongo: MongoServer, redis: RedisServer, tmp_path: Path) -> Servers:
    return Servers(mongo, redis, tmp_path)


def test_every_key_but_the_list_and_its_mark_has_the_namespace(servers: Servers, redis: RedisServer) -> None:
    settings = servers.settings("a", redis_namespace="staging", task_queue="other_list")
    queue = open_task_queue(settings)
    queue.ping()
    queue.push([JOB_ID, JOB_ID])
    broker = redis_broker(settings)
    stop = threading.Event()
    with queue_adapter(settings, "consumer") as adapter, broker.client, redis.client() as client:
        client.lpush("other_list", b"nonsense")
        running = threading.Thread(target=adapter.run, args=(stop,))
        running.start()
        try:
            wait_until(lambda: queue.dead_letters() == 1)
            broker.declare_queue("image_jobs")
            (message,) = [each for each in [next(broker.consume("image_jobs", prefetch=1, timeout=1))] if each]
            assert message.kwargs["image_job_id"] == JOB_ID
            keys = {cast("bytes", key).decode() for key in client.keys("*")}
        finally:
            stop.set()
            running.join()
    with servers.watch("a", redis_namespace="staging", task_queue="other_list") as watch, redis.client() as client:
        watch.look()
        keys |= {cast("bytes", key).decode() for key in client.keys("*")}
    assert {key for key in keys if not key.startswith("staging:")} <= {"other_list", "other_list:deployment"}
    assert {"staging:other_list:dead", "staging:other_list:consumers", "staging:other_list:probe"} <= keys
    assert {"staging:dramatiq:__heartbeats__", "staging:dramatiq:deployment"} <= keys


def test_workers_of_two_namespaces_take_their_own_messages_only(servers: Servers) -> None:
    brokers = [redis_broker(servers.settings("a", redis_namespace=name)) for name in ("", "staging")]
    runs: list[str] = []
    for name, broker in zip(("production", "staging"), brokers, strict=True):
        dramatiq.actor(  # type: ignore[call-overload]  # its types know functions only
            lambda image_job_id, name=name: runs.append(f"{name} {image_job_id}"),
            broker=broker, actor_name="process_image", queue_name="image_jobs",
        )  # fmt: skip
    workers = [dramatiq.Worker(broker, worker_threads=1, worker_timeout=100) for broker in brokers]
    for worker in workers:
        worker.start()
    for number in range(10):
        for broker in brokers:
            broker.get_actor("process_image").send(str(number))
    wait_until(lambda: len(runs) == 20)
    for worker in workers:
        worker.stop(10_000)
    for broker in brokers:
        broker.client.close()
    assert sorted(runs) == sorted(f"{name} {number}" for name in ("production", "staging") for number in range(10))


def test_processes_that_begin_together_agree_on_one_id(servers: Servers) -> None:
    with closing(Database(servers.settings("many").mongodb_uri)) as database, ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(lambda _: made_deployment_id(database), range(32)))
    assert len(ids) == 1
    with closing(Database(servers.settings("many").mongodb_uri)) as database:
        assert {made_deployment_id(database)} == ids


def test_a_second_deployment_on_the_same_keys_is_warned_once_of_each(
    servers: Servers, caplog: pytest.LogCaptureFixture
) -> None:
    with servers.watch("production") as watch:
        watch.look()
        watch.look()
    assert caplog.messages == []
    with servers.watch("staging") as watch:
        watch.look()
        watch.look()
    own, of_list = caplog.messages
    assert "another deployment uses the same Redis keys (REDIS_NAMESPACE is not set)" in own
    assert "Set REDIS_NAMESPACE to another value" in own
    assert "redis-cli DEL dramatiq:deployment" in own
    assert "(TASK_QUEUE=task_queue)" in of_list
    assert "Set TASK_QUEUE to another value" in of_list


def test_a_second_deployment_with_its_own_names_is_left_alone(
    servers: Servers, caplog: pytest.LogCaptureFixture
) -> None:
    with servers.watch("production") as watch:
        watch.look()
    with servers.watch("staging", redis_namespace="staging", task_queue="staging_queue") as watch:
        watch.look()
    with servers.watch("straight", redis_namespace="straight", enqueue_to="dramatiq") as watch:
        watch.look()
    assert caplog.messages == []


def test_a_namespace_alone_does_not_part_those_who_share_the_list(
    servers: Servers, caplog: pytest.LogCaptureFixture
) -> None:
    with servers.watch("production") as watch:
        watch.look()
    with servers.watch("staging", redis_namespace="staging") as watch:
        watch.look()
    (message,) = caplog.messages
    assert "Set TASK_QUEUE" in message


def test_a_redis_that_was_flushed_gets_the_id_again_and_a_dead_deployments_mark_ends(
    servers: Servers, redis: RedisServer
) -> None:
    with servers.watch("production") as watch, redis.client() as client:
        watch.look()
        before = client.get("dramatiq:deployment")
        client.flushall()
        watch.look()
        assert client.get("dramatiq:deployment") == before
        client.expire("dramatiq:deployment", 5)
        watch.look()
        assert MARK_SECONDS - 60 < client.ttl("dramatiq:deployment") <= MARK_SECONDS


def test_doctor_compares_and_writes_nothing(servers: Servers, redis: RedisServer) -> None:
    assert servers.check("production") == "no API or reconciler has run on them yet"
    with redis.client() as client:
        assert client.keys("*") == []
    with servers.watch("production") as watch:
        watch.look()
    assert servers.check("production") == "MongoDB and the Redis keys belong together"
    with pytest.raises(ConfigurationError, match=r"Set REDIS_NAMESPACE.*Set TASK_QUEUE"):
        servers.check("staging")
    with servers.watch("staging") as watch:
        watch.look()
    with pytest.raises(ConfigurationError, match="Set REDIS_NAMESPACE"):
        servers.check("staging")
    assert "belong together" in servers.check("staging", redis_namespace="staging", task_queue="staging_queue")


def test_doctor_without_redis_says_that_it_cannot_compare(servers: Servers) -> None:
    with pytest.raises(Concern, match="is not known: Redis is unavailable"):
        servers.check("production", redis_uri=f"redis://127.0.0.1:{free_port()}")


def test_the_watch_waits_for_its_services(
    servers: Servers, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imagejobs.deployment.RETRY_SECONDS", 0.05)
    stop = threading.Event()
    redis.kill()
    with servers.watch("late") as watch:
        watch.start(stop)
        redis.start()
        with redis.client() as client:
            wait_until(lambda: client.exists("dramatiq:deployment") == 1)
        stop.set()
