"""The API on adapters in memory, whose lines can be cut, for the tests of the HTTP interface."""

import asyncio
import io
import json
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
import pytest
from imagejobs.api.app import Adapters, create_app
from imagejobs.api.connections.limits import ConnectionLimits
from imagejobs.api.connections.listener import listen
from imagejobs.api.middleware.cut_off import AnsweringCutOff
from imagejobs.api.server import BoundedServer
from imagejobs.conversion.formats.registry import FORMATS, Format
from imagejobs.errors import DatabaseUnavailable
from imagejobs.events.memory_repository import MemoryEventRepository
from imagejobs.jobs.model import ImageJob
from imagejobs.jobs.records.memory import MemoryImageJobRepository
from imagejobs.settings.settings import Settings
from imagejobs.storage.memory import MemoryStorage
from imagejobs.storage.object_storage import StorageUnavailable
from imagejobs.task_queue.memory_task_queue import MemoryTaskQueue
from imagejobs.task_queue.task_queue import QueueUnavailable
from PIL import Image
from starlette.testclient import TestClient
from starlette.types import ASGIApp

SAMPLES = Path(__file__).parents[2] / "samples"
HOST = "127.0.0.1"
CLIENT_TOKENS = ("client-token-1", "client-token-2")
WORKER_TOKENS = ("worker-token-1", "worker-token-2")
UNKNOWN_ID = "0123456789abcdef01234567"
READY_SECONDS = 60.0

AROUND: list[Callable[[ASGIApp], ASGIApp]] = []
"""Middleware around every application that is made here; tests/contract writes down each answer with one."""


class Line:
    """What lies between the API and a service: cut, every call fails; cut at a name, that call fails.

    Addresses are made without asking anybody, so they never fail.
    """

    _LOCAL = frozenset({"public_url", "presigned_url", "new_id"})

    def __init__(self, service: Any, error: Exception) -> None:
        self._service = service
        self._error = error
        self.is_cut = False
        self.cut_at: frozenset[str] = frozenset()

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._service, name)
        if not callable(attribute) or name in self._LOCAL:
            return attribute

        def call(*args: Any, **kwargs: Any) -> Any:
            if self.is_cut or name in self.cut_at:
                raise self._error
            return attribute(*args, **kwargs)

        return call


@dataclass
class MemoryApi:
    """The application, and what stands behind it."""

    settings: Settings
    jobs: MemoryImageJobRepository
    events: MemoryEventRepository
    storage: MemoryStorage
    queue: MemoryTaskQueue
    lines: Mapping[str, tuple[Line, ...]]
    adapters: Adapters
    app: ASGIApp

    def client(self, **headers: str) -> TestClient:
        """A client at the server's own address that answers errors instead of raising them."""
        return TestClient(self.app, base_url=f"http://{HOST}", headers=headers, raise_server_exceptions=False)

    def cut(self, *services: str, at: str | None = None) -> None:
        """Cut the lines to "mongodb", "redis" or "storage": altogether, or at one call."""
        for line in (line for service in services for line in self.lines[service]):
            line.is_cut = at is None
            line.cut_at = frozenset({at} if at else ())

    def mend(self) -> None:
        """Every service answers again."""
        for line in (line for lines in self.lines.values() for line in lines):
            line.is_cut, line.cut_at = False, frozenset()

    def all_jobs(self) -> list[ImageJob]:
        """Every record, oldest first."""
        return sorted(self.jobs._all(), key=lambda job: job.id)

    def all_keys(self) -> list[str]:
        """Every object."""
        return [info.key for info in self.storage.list("")]

    def left_behind(self) -> dict[str, list[Any]]:
        """Records, objects and messages; empty lists when nothing was done."""
        return {
            "jobs": self.all_jobs(),
            "events": list(self.events.page(None, 1000)),
            "objects": self.all_keys(),
            "messages": list(self.queue.messages),
        }

    def clear(self) -> None:
        """Forget everything."""
        self.jobs._jobs.clear()
        self.events._events.clear()
        self.queue.messages.clear()
        for key in self.all_keys():
            self.storage.delete(key)

    def assert_untouched(self) -> None:
        """A refused request must leave nothing."""
        assert self.left_behind() == {"jobs": [], "events": [], "objects": [], "messages": []}


def memory_settings(**overrides: Any) -> Settings:
    """Settings that take nothing from this machine's environment or `.env`; responses are held against the contract."""
    values: dict[str, Any] = {
        "storage": "filesystem",
        "validate_responses": True,
        "api_host": HOST,
        "api_tokens": (),
        "worker_tokens": (),
        "allow_unauthenticated": False,
    }
    return Settings(_env_file=None, **(values | overrides))


def memory_api(*, formats: Collection[Format] = FORMATS, **overrides: Any) -> MemoryApi:
    """A fresh API with nothing in it, for images of these formats."""
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
    """An API that asks for tokens of both kinds."""
    return memory_api(api_tokens=CLIENT_TOKENS, worker_tokens=WORKER_TOKENS, **overrides)


@cache
def image_bytes(name: str = "png", width: int = 8, height: int = 6) -> bytes:
    """A small whole image: png, jpeg, gif or webp."""
    out = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(out, name)
    return out.getvalue()


def image_file(name: str = "photo.png", data: bytes | None = None) -> tuple[str, bytes]:
    """A file part, PNG unless other bytes are given."""
    return name, image_bytes() if data is None else data


def created_job(client: TestClient | httpx2.Client, entity_id: str = "e1", data: bytes | None = None) -> dict[str, Any]:
    """POST /api/image-jobs with a good image."""
    answer = client.post(
        "/api/image-jobs",
        data={"entityType": "report", "entityId": entity_id},
        files={"image": image_file(data=data)},
    )
    assert answer.status_code == 201, answer.text
    return dict(answer.json()["data"])


def patched(client: TestClient, job_id: str, **said: Any) -> Any:
    """PATCH .../status; the response."""
    return client.patch(f"/api/image-jobs/{job_id}/status", content=json.dumps(said), headers=JSON_TYPE)


JSON_TYPE = {"Content-Type": "application/json"}
OUTPUT = {"outputImageKey": "optimized/x-optimized.webp", "outputImageURL": "https://pub.example/x-optimized.webp"}
OUTPUT_URL = "http://storage.invalid/optimized/x-optimized.webp"
"""Where callers are shown OUTPUT: its key's address in this API's storage, whatever the worker reported."""


def assert_error(answer: Any, status: int, code: str) -> str:
    """The contract's envelope with this status and code; its message."""
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text
    assert answer.json()["success"] is False
    assert answer.headers["content-type"] == "application/json"
    return str(answer.json()["message"])


@dataclass
class RawAnswer:
    """What came back, and how many pieces of the body the application took."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    taken: int = 0

    @property
    def code(self) -> str:
        """`error.code`."""
        return str(json.loads(self.body)["error"]["code"])


def raw_request(
    api: MemoryApi,
    path: str,
    headers: Mapping[str, str],
    pieces: Iterable[bytes],
    *,
    method: str = "POST",
    stalls: bool = False,
) -> RawAnswer:
    """A request in pieces, as a server hands them on. A body that is not ended by b"" is one whose client went away, or
    `stalls`.
    """
    answer, waiting = RawAnswer(), iter(pieces)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(n.lower().encode(), v.encode("latin-1")) for n, v in ({"Host": HOST} | dict(headers)).items()],
        "client": (HOST, 1),
        "server": (HOST, 80),
    }

    async def receive() -> dict[str, Any]:
        piece = next(waiting, None)
        if piece is None and stalls:
            await asyncio.Event().wait()
        if piece is None:
            return {"type": "http.disconnect"}
        answer.taken += 1
        return {"type": "http.request", "body": piece, "more_body": piece != b""}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            answer.body += message.get("body", b"")

    async def ask() -> None:
        await api.app(scope, receive, send)

    asyncio.run(ask())
    return answer


@contextmanager
def served(app: Any, host: str = HOST, **settings: Any) -> Iterator[str]:
    """The application under the API's own server on a free port, in a thread; its address."""
    (listener,) = listen(host, 0)
    port = listener.getsockname()[1]
    server = BoundedServer(app, ConnectionLimits.of(memory_settings(**settings)))
    thread = threading.Thread(target=server.run, args=([listener],), name="uvicorn", daemon=True)
    thread.start()
    try:
        until(lambda: server.started, READY_SECONDS)
        yield f"http://{f'[{host}]' if ':' in host else host}:{port}"
    finally:
        server.should_exit = True
        thread.join(READY_SECONDS)
        assert not thread.is_alive()


def has_ipv6() -> bool:
    """Whether this machine has IPv6 on its loopback interface."""
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            return False
    return True


def until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Ask until it holds. Fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"not within {seconds} s")
        time.sleep(0.01)
