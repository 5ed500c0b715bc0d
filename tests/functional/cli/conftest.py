"""The command line against a real API on a free port, with adapters in memory."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, cast

import pytest
from imagejobs.client.api_client import ApiClient
from imagejobs.connections.mongodb import Database
from imagejobs.conversion.sandbox.confinement import Limits
from imagejobs.conversion.sandbox.pool import Converter
from imagejobs.task_queue.message import decode
from servers.api_server import served
from servers.fixtures import minio  # noqa: F401 - a fixture, found by its name
from worlds.api_requests import image_bytes
from worlds.command_line import clean_environment, closed_connections, run  # noqa: F401 - fixtures, found by their names
from worlds.memory_api import CLIENT_TOKENS, WORKER_TOKENS, MemoryApi, with_tokens

Worker = Callable[..., AbstractContextManager[None]]


@pytest.fixture(scope="session")
def served_api() -> Iterator[tuple[MemoryApi, str]]:
    """One server for all tests. Each test starts without jobs and objects."""
    api = with_tokens(max_upload_bytes=100_000)
    with served(api.app) as address:
        yield api, address


@pytest.fixture
def api(served_api: tuple[MemoryApi, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryApi]:
    """The API at the API_URL of the test."""
    memory, address = served_api
    monkeypatch.setenv("API_URL", address)
    monkeypatch.setenv("API_TOKENS", ",".join(CLIENT_TOKENS))
    monkeypatch.setenv("WORKER_TOKENS", ",".join(WORKER_TOKENS))
    memory.clear()
    yield memory
    memory.mend()


@pytest.fixture
def address(served_api: tuple[MemoryApi, str], api: MemoryApi) -> str:  # noqa: ARG001 - the settings must be there
    """The address of the API."""
    return served_api[1]


@pytest.fixture(scope="session")
def warm_converter() -> Iterator[Converter]:
    """A converter with the default limits, whose child has started."""
    with Converter() as converter:
        converter.abilities()
        yield converter


@pytest.fixture
def warm_engine(warm_converter: Converter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands in the test's process use the warm converter, unless the settings ask for other limits."""

    def converter(limits: Limits | None = None) -> AbstractContextManager[Converter]:
        return nullcontext(warm_converter) if limits in {None, Limits()} else Converter(limits)

    monkeypatch.setattr("imagejobs.cli.convert.Converter", converter)
    monkeypatch.setattr("imagejobs.conversion.sandbox.pool.Converter", converter)


@pytest.fixture
def short_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unreachable MongoDB is given up after 0.1 s instead of 3 s, and storage is tried again without a pause."""
    monkeypatch.setitem(cast("Any", Database.__init__).__kwdefaults__, "selection_timeout_ms", 100)
    monkeypatch.setattr("imagejobs.storage.s3_connections.BACKOFF_SECONDS", 0.0)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A good image file."""
    path = tmp_path / "photo.png"
    path.write_bytes(image_bytes())
    return path


@pytest.fixture
def worker(api: MemoryApi, address: str) -> Worker:
    """A context manager: until its block ends, a worker takes messages and reports over HTTP."""

    @contextmanager
    def works(**update: Any) -> Iterator[None]:
        client = ApiClient(address, worker_token=WORKER_TOKENS[0])
        stopped = threading.Event()

        def loop() -> None:
            while not stopped.wait(0.01):
                while api.queue.messages:
                    job = {"id": decode(api.queue.messages.popleft()).image_job_id}
                    client.call("updateImageJobStatus", path=job, json={"status": "PROCESSING"})
                    client.call("updateImageJobStatus", path=job, json=update)

        thread = threading.Thread(target=loop, name="worker")
        thread.start()
        try:
            yield
        finally:
            stopped.set()
            thread.join(10)

    return works
