"""An outage of any length takes only a few log lines in each process. With real servers that are stopped."""

import logging
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import dramatiq
import pytest
from imagejobs.connections import outages
from imagejobs.connections.mongodb import Database
from imagejobs.dispatch.broker import redis_broker
from imagejobs.embedded.services.ports import free_port
from imagejobs.errors import BackingServiceUnavailable
from imagejobs.settings.settings import Settings
from imagejobs.storage import s3_connections
from imagejobs.storage.filesystem import FilesystemStorage
from imagejobs.storage.s3 import S3Storage
from imagejobs.wiring.task_queue import open_task_queue
from imagejobs.worker.dramatiq_log import is_news
from servers.fresh_outages import about_outages, fresh_outages
from servers.processes import RedisServer, redis_server, wait_until

pytestmark = pytest.mark.usefixtures(fresh_outages.__name__)
ROUNDS = 5


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with redis_server() as started:
        yield started


@pytest.fixture
def soon_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outages, "SETTLED_SECONDS", 0.5)
    monkeypatch.setattr("dramatiq.worker.CONSUMER_RESTART_DELAY_SECS", 0.05)
    monkeypatch.setattr("dramatiq.worker.POST_PROCESS_MESSAGE_RETRY_DELAY_SECS", 0.05)


class Shown(logging.Handler):
    """Collects the lines that a worker's log would show, and counts the lines that its filter holds back."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []
        self.held_back = 0
        self.addFilter(self._is_news)

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())

    def _is_news(self, record: logging.LogRecord) -> bool:
        shown = is_news(record)
        self.held_back += not shown
        return shown


@pytest.fixture
def shown(caplog: pytest.LogCaptureFixture) -> Iterator[Shown]:
    caplog.set_level(logging.INFO)
    handler = Shown()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


@pytest.mark.usefixtures("soon_settled")
def test_a_worker_logs_two_lines_about_a_redis_that_is_stopped_and_started(server: RedisServer, shown: Shown) -> None:
    broker = redis_broker(Settings(_env_file=None, redis_uri=server.uri, storage="filesystem"))
    runs: list[str] = []
    actor = dramatiq.actor(runs.append, broker=broker, actor_name="process_image", queue_name="image_jobs")  # type: ignore[call-overload]  # its types know functions only
    worker = dramatiq.Worker(broker, worker_threads=2, worker_timeout=100)
    with broker.client:
        worker.start()
        actor.send("before")
        wait_until(lambda: runs == ["before"])
        server.kill()
        wait_until(lambda: shown.held_back > 20)
        server.start()
        wait_until(lambda: any("available again" in line for line in shown.lines))
        actor.send("after")
        wait_until(lambda: runs == ["before", "after"])
        worker.stop(10_000)
    first, last, *stopping = shown.lines
    assert first.startswith("Redis is unavailable: ")
    assert last.startswith("Redis is available again after ")
    assert stopping == ["Shutting down...", "Worker has been shut down."]


def of_redis(directory: Path) -> Callable[[], object]:
    settings = Settings(
        _env_file=None, redis_uri=f"redis://127.0.0.1:{free_port()}", storage="filesystem", data_dir=directory
    )
    return open_task_queue(settings).ping


def of_mongodb(directory: Path) -> Callable[[], object]:
    del directory

    def ping() -> None:
        with closing(Database(f"mongodb://127.0.0.1:{free_port()}/jobs", selection_timeout_ms=50)) as database:
            database.ping()

    return ping


def of_s3(directory: Path) -> Callable[[], object]:
    del directory
    return S3Storage(f"http://127.0.0.1:{free_port()}", "key", "secret", "bucket", "https://pub.example").ping


def of_files(directory: Path) -> Callable[[], object]:
    (directory / "objects").write_text("a file, where the directory should be")
    return FilesystemStorage(directory / "objects", "https://pub.example", b"").ping


@pytest.mark.parametrize("service", [of_redis, of_mongodb, of_s3, of_files])
def test_calls_of_a_service_that_is_unavailable_are_one_line(
    service: Callable[[Path], Callable[[], object]],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(s3_connections, "BACKOFF_SECONDS", 0.0)
    ping = service(tmp_path)
    for _ in range(ROUNDS):
        with pytest.raises(BackingServiceUnavailable):
            ping()
    (line,) = about_outages(caplog)
    assert " is unavailable: " in line


def test_a_service_that_is_back_is_reported(
    server: RedisServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outages, "SETTLED_SECONDS", 0.0)
    queue = open_task_queue(Settings(_env_file=None, redis_uri=server.uri, storage="filesystem"))
    server.kill()
    for _ in range(ROUNDS):
        with suppress(BackingServiceUnavailable):
            queue.length()
    server.start()
    queue.length()
    queue.length()
    first, last = about_outages(caplog)
    assert first.startswith("Redis is unavailable: ")
    assert last.startswith("Redis is available again after ")
