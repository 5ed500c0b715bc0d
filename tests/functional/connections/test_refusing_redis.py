"""While Redis refuses commands, for example with a full disk, a worker keeps its threads and loses no retry."""

import logging
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import cast

import dramatiq
import pytest
import redis
from dramatiq.brokers.redis import RedisBroker
from dramatiq.errors import BrokerConnectionError
from functional.connections.refusing_redis import RefusingRedis
from imagejobs.dispatch.broker import redis_broker, waiting_key
from imagejobs.embedded.services.ports import free_port
from imagejobs.settings.settings import Settings
from servers.processes import RedisServer, redis_server, wait_until

QUEUE = "image_jobs"
DELAYED = f"{QUEUE}.DQ"
DELAY_MS = 1_500
"""Delay of a retry: long enough for the refusal to begin while the retry waits in the worker's memory."""
WORKER_STOP_MS = 10_000


@contextmanager
def full_disk(admin: redis.Redis) -> Iterator[None]:
    """Redis refuses with MISCONF: it cannot write its snapshot, here because a directory has that name."""
    config = cast("dict[str, str]", admin.config_get("dir"))
    snapshot = Path(config["dir"]) / "dump.rdb"
    snapshot.mkdir()
    admin.config_set("save", "3600 1")
    admin.bgsave()
    wait_until(lambda: admin.info("persistence")["rdb_last_bgsave_status"] == "err")
    yield
    snapshot.rmdir()
    admin.bgsave()
    wait_until(lambda: admin.info("persistence")["rdb_last_bgsave_status"] == "ok")


@contextmanager
def full_memory(admin: redis.Redis) -> Iterator[None]:
    """Redis refuses with OOM."""
    admin.config_set("maxmemory", 1)
    yield
    admin.config_set("maxmemory", 0)


@contextmanager
def too_few_replicas(admin: redis.Redis) -> Iterator[None]:
    """Redis refuses with NOREPLICAS."""
    admin.config_set("min-replicas-to-write", 1)
    yield
    admin.config_set("min-replicas-to-write", 0)


@contextmanager
def read_only_replica(admin: redis.Redis) -> Iterator[None]:
    """Redis refuses with READONLY, as after a failover."""
    admin.replicaof("127.0.0.1", free_port())
    yield
    admin.replicaof("NO", "ONE")


@contextmanager
def replica_without_master(admin: redis.Redis) -> Iterator[None]:
    """Redis refuses with MASTERDOWN."""
    admin.config_set("replica-serve-stale-data", "no")
    with read_only_replica(admin):
        yield


@contextmanager
def running_script(admin: redis.Redis) -> Iterator[None]:
    """Redis refuses with BUSY: another client's script does not end."""
    admin.config_set("busy-reply-threshold", 1)

    def run() -> None:
        with another_client(admin) as client, pytest.raises(redis.ResponseError, match="killed"):
            client.eval("while true do end", 0)

    running = threading.Thread(target=run)
    with another_client(admin) as client:
        running.start()
        wait_until(lambda: refuses(client.ping))
    yield
    admin.script_kill()
    running.join()


@contextmanager
def changed_password(admin: redis.Redis) -> Iterator[None]:
    """Redis refuses with NOAUTH, on new connections; existing ones are closed."""
    admin.config_set("requirepass", "changed")
    admin.client_kill_filter(_type="normal", skipme=True)
    yield
    admin.config_set("requirepass", "")


@contextmanager
def no_permission_to_put_back(admin: redis.Redis) -> Iterator[None]:
    """Redis refuses with NOPERM whatever comes after a fetch, as if it became unavailable right after one."""
    admin.execute_command("ACL", "SETUSER", "default", "-hset", "-srem")  # type: ignore[no-untyped-call]  # redis-py
    yield
    admin.execute_command("ACL", "SETUSER", "default", "+@all")  # type: ignore[no-untyped-call]  # redis-py


REFUSALS = [
    full_disk,
    full_memory,
    too_few_replicas,
    read_only_replica,
    replica_without_master,
    running_script,
    changed_password,
    no_permission_to_put_back,
]


@contextmanager
def another_client(admin: redis.Redis) -> Iterator[redis.Redis]:
    """A second client of the same server."""
    with redis.Redis(port=admin.get_connection_kwargs()["port"], socket_timeout=30) as client:
        yield client


def refuses(command: Callable[[], object]) -> bool:
    try:
        command()
    except redis.ResponseError:
        return True
    return False


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with redis_server() as started:
        yield started


@pytest.fixture
def admin(server: RedisServer) -> Iterator[redis.Redis]:
    with redis.Redis(port=server.port, socket_timeout=30, single_connection_client=True) as client:
        yield client


@pytest.fixture
def broker(server: RedisServer) -> Iterator[RedisBroker]:
    made = redis_broker(Settings(_env_file=None, redis_uri=server.uri, storage="filesystem"))
    with made.client:
        yield made


class Job:
    """An actor that asks for a retry on the first run of each message."""

    def __init__(self, broker: RedisBroker) -> None:
        self.runs: list[str] = []
        self._actor = dramatiq.actor(self._run, broker=broker, actor_name="process_image", queue_name=QUEUE)  # type: ignore[call-overload]  # its types know functions only

    def send(self, name: str) -> None:
        self._actor.send(name)

    def _run(self, name: str) -> None:
        self.runs.append(name)
        if self.runs.count(name) == 1:
            raise dramatiq.Retry("later", delay=DELAY_MS)


@pytest.fixture
def job(broker: RedisBroker) -> Job:
    return Job(broker)


@pytest.fixture
def worker(broker: RedisBroker, job: Job, monkeypatch: pytest.MonkeyPatch) -> Iterator[dramatiq.Worker]:  # noqa: ARG001 - the actor must be there
    monkeypatch.setattr("dramatiq.worker.CONSUMER_RESTART_DELAY_SECS", 0.1)
    monkeypatch.setattr("dramatiq.worker.POST_PROCESS_MESSAGE_RETRY_DELAY_SECS", 0.1)
    running = dramatiq.Worker(broker, worker_threads=1, worker_timeout=100)
    running.start()
    yield running
    running.stop(WORKER_STOP_MS)


def in_hand(admin: redis.Redis, broker: RedisBroker, queue: str) -> int:
    """The number of a queue's messages that the worker has fetched and not acknowledged."""
    return admin.scard(f"dramatiq:__acks__.{broker.broker_id}.{queue}")


@pytest.mark.parametrize("refusal", REFUSALS)
@pytest.mark.filterwarnings("default::pytest.PytestUnhandledThreadExceptionWarning")  # the asserts below report it
def test_retries_that_wait_while_redis_refuses_are_made_afterwards(
    refusal: Callable[[redis.Redis], AbstractContextManager[None]],
    admin: redis.Redis,
    broker: RedisBroker,
    job: Job,
    worker: dramatiq.Worker,
    caplog: pytest.LogCaptureFixture,
) -> None:
    two_retries_wait(admin, broker, job)

    with refusal(admin):
        wait_until(lambda: any(it_failed(record) for record in caplog.records))

    wait_until(lambda: sorted(job.runs) == ["first", "first", "second", "second"])
    job.send("third")
    wait_until(lambda: job.runs[4:] == ["third", "third"])
    assert all(thread.is_alive() for thread in worker.consumers.values())
    wait_until(lambda: not in_hand(admin, broker, DELAYED) and not in_hand(admin, broker, QUEUE))
    assert not admin.exists(f"{waiting_key(QUEUE, '')}.msgs", f"{waiting_key(DELAYED, '')}.msgs")


def two_retries_wait(admin: redis.Redis, broker: RedisBroker, job: Job) -> None:
    """Let two retries wait: when the first is due, the second is still in the worker's memory and must be put back."""
    job.send("first")
    job.send("second")
    wait_until(lambda: in_hand(admin, broker, DELAYED) == 2 and in_hand(admin, broker, QUEUE) == 0)


def it_failed(record: logging.LogRecord) -> bool:
    """Whether the record is an error of the thread that consumes delayed messages."""
    return record.levelno == logging.CRITICAL and DELAYED in record.name


@pytest.mark.filterwarnings("default::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_worker_stops_in_order_while_redis_refuses(
    admin: redis.Redis, broker: RedisBroker, job: Job, worker: dramatiq.Worker
) -> None:
    two_retries_wait(admin, broker, job)

    with no_permission_to_put_back(admin):
        worker.stop(WORKER_STOP_MS)

    assert not any(thread.is_alive() for thread in [*worker.consumers.values(), *worker.workers])


@pytest.mark.parametrize(
    "reply",
    [
        "LOADING Redis is loading the dataset in memory",
        "CLUSTERDOWN Hash slot not served",
        "TRYAGAIN Multiple keys request during rehashing of slot",
        "WRONGPASS invalid username-password pair or user is disabled.",
        "ERR Error running script (call to f_0): @user_script:30: -OOM command not allowed",
        "WHATEVER a later Redis may answer",
    ],
)
def test_what_else_a_server_may_refuse_with_is_an_outage_to_both_libraries(reply: str, tmp_path: Path) -> None:
    with RefusingRedis(reply, tmp_path).at("redis") as uri:
        settings = Settings(_env_file=None, redis_uri=uri, storage="filesystem")
        broker = redis_broker(settings)
        with broker.client, pytest.raises(redis.ConnectionError, match=re.escape(reply.partition(" ")[2])) as raised:
            broker.client.ping()
    assert isinstance(raised.value, BrokerConnectionError)


def test_a_script_that_redis_does_not_know_yet_is_sent(broker: RedisBroker, admin: redis.Redis) -> None:
    broker.declare_queue(QUEUE)
    admin.script_flush()

    broker.enqueue(dramatiq.Message(queue_name=QUEUE, actor_name="process_image", args=(), kwargs={}, options={}))

    assert admin.llen(waiting_key(QUEUE, "")) == 1
