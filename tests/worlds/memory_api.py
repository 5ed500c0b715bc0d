"""The API over adapters in memory, for tests of the HTTP interface; a test can make each service unavailable."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from imagejobs.api.app import Adapters, create_app
from imagejobs.api.middleware.cut_off import AnsweringCutOff
from imagejobs.conversion.formats.format import Format
from imagejobs.conversion.formats.registry import FORMATS
from imagejobs.errors import DatabaseUnavailable
from imagejobs.events.memory_repository import MemoryEventRepository
from imagejobs.jobs.model import ImageJob
from imagejobs.jobs.records.memory import MemoryImageJobRepository
from imagejobs.settings.settings import Settings
from imagejobs.storage.memory import MemoryStorage
from imagejobs.storage.object_storage import StorageUnavailable
from imagejobs.task_queue.memory_task_queue import MemoryTaskQueue
from imagejobs.task_queue.task_queue import QueueUnavailable
from pydantic_settings import PydanticBaseSettingsSource
from starlette.testclient import TestClient
from starlette.types import ASGIApp

HOST = "127.0.0.1"
CLIENT_TOKENS = ("client-token-1", "client-token-2")
WORKER_TOKENS = ("worker-token-1", "worker-token-2")

AROUND: list[Callable[[ASGIApp], ASGIApp]] = []
"""Middleware around every application made here; tests/contract adds one that records every response."""


class Line:
    """Stands between the API and one service. `calls` lists the names of the calls made.

    While `is_cut`, every call fails; otherwise only those named in `cut_at`. Building a URL or an id is not a call.
    """

    _LOCAL = frozenset({"public_url", "presigned_url", "new_id"})

    def __init__(self, service: Any, error: Exception) -> None:
        self._service = service
        self._error = error
        self.is_cut = False
        self.cut_at: frozenset[str] = frozenset()
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._service, name)
        if not callable(attribute) or name in self._LOCAL:
            return attribute

        def call(*args: Any, **kwargs: Any) -> Any:
            self.calls.append(name)
            if self.is_cut or name in self.cut_at:
                raise self._error
            return attribute(*args, **kwargs)

        return call


@dataclass
class MemoryApi:
    """The application over adapters in memory, whose connections can be cut."""

    settings: Settings
    jobs: MemoryImageJobRepository
    events: MemoryEventRepository
    storage: MemoryStorage
    queue: MemoryTaskQueue
    lines: Mapping[str, tuple[Line, ...]]
    adapters: Adapters
    app: ASGIApp

    def client(self, **headers: str) -> TestClient:
        """A client of the application. A server error is a response with status 500, not an exception."""
        return TestClient(self.app, base_url=f"http://{HOST}", headers=headers, raise_server_exceptions=False)

    def cut(self, *services: str, at: str | None = None) -> None:
        """Cut the lines to "mongodb", "redis" or "storage": for every call, or only for the call named `at`."""
        for line in (line for service in services for line in self.lines[service]):
            line.is_cut = at is None
            line.cut_at = frozenset({at} if at else ())

    def mend(self) -> None:
        """Make every service available again."""
        for line in (line for lines in self.lines.values() for line in lines):
            line.is_cut, line.cut_at = False, frozenset()

    def all_jobs(self) -> list[ImageJob]:
        """All job records, oldest first."""
        return sorted(self.jobs._all(), key=lambda job: job.id)

    def all_keys(self) -> list[str]:
        """The keys of all objects."""
        return [info.key for info in self.storage.list("")]

    def left_behind(self) -> dict[str, list[Any]]:
        """All records, objects and messages; the lists are empty if no request had an effect."""
        return {
            "jobs": self.all_jobs(),
            "events": list(self.events.page(None, 1000)),
            "objects": self.all_keys(),
            "messages": list(self.queue.messages),
        }

    def clear(self) -> None:
        """Delete all records, objects and messages."""
        self.jobs._jobs.clear()
        self.events._events.clear()
        self.queue.messages.clear()
        for key in self.all_keys():
            self.storage.delete(key)

    def assert_untouched(self) -> None:
        """Fail if there is any record, object or message: a refused request must leave none."""
        assert self.left_behind() == {"jobs": [], "events": [], "objects": [], "messages": []}


class _GivenSettings(Settings):
    """Settings from arguments alone. Looking for them in the environment would take a third of `memory_api`'s time."""

    @classmethod
    def settings_customise_sources(cls, *_: Any, **sources: Any) -> tuple[PydanticBaseSettingsSource, ...]:
        return (sources["init_settings"],)


def memory_settings(**overrides: Any) -> Settings:
    """Settings without this machine's environment and `.env`; the API validates its responses against the contract."""
    values: dict[str, Any] = {
        "storage": "filesystem",
        "validate_responses": True,
        "api_host": HOST,
        "api_tokens": (),
        "worker_tokens": (),
        "allow_unauthenticated": False,
    }
    return _GivenSettings(**(values | overrides))


def memory_api(*, formats: Collection[Format] = FORMATS, **overrides: Any) -> MemoryApi:
    """A new, empty API that accepts images of these formats."""
    settings = memory_settings(**overrides)
    jobs, events = MemoryImageJobRepository(), MemoryEventRepository()
    storage, queue = MemoryStorage(), MemoryTaskQueue()
    away = DatabaseUnavailable("refused by the test")
    jobs_line, events_line = Line(jobs, away), Line(events, away)
    storage_line = Line(storage, StorageUnavailable("refused by the test"))
    queue_line = Line(queue, QueueUnavailable("refused by the test"))
    lines = {"mongodb": (jobs_line, events_line), "storage": (storage_line,), "redis": (queue_line,)}
    adapters = Adapters(jobs_line, events_line, storage_line, queue_line)
    app: ASGIApp = AnsweringCutOff(create_app(settings, adapters, formats=formats))
    for middleware in AROUND:
        app = middleware(app)
    return MemoryApi(settings, jobs, events, storage, queue, lines, adapters, app)


def with_tokens(**overrides: Any) -> MemoryApi:
    """An API that requires client tokens and worker tokens."""
    return memory_api(api_tokens=CLIENT_TOKENS, worker_tokens=WORKER_TOKENS, **overrides)
