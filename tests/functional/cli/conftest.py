"""The command line against a real API on a free port, with adapters in memory."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from imagejobs.client.api_client import ApiClient
from imagejobs.task_queue.message import decode
from servers.api_server import served
from servers.fixtures import minio  # noqa: F401 - a fixture, found by its name
from worlds.api_requests import image_bytes
from worlds.command_line import clean_environment, closed_connections, run  # noqa: F401 - fixtures, found by their names
from worlds.memory_api import CLIENT_TOKENS, WORKER_TOKENS, MemoryApi, with_tokens

Worker = Callable[..., AbstractContextManager[None]]


@pytest.fixture(scope="session")
def served_api() -> Iterator[tuple[MemoryApi, str]]:
    """One server for all tests; each starts with nothing in it."""
    api = with_tokens(max_upload_bytes=100_000)
    with served(api.app) as address:
        yield api, address


@pytest.fixture
def api(served_api: tuple[MemoryApi, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryApi]:
    """The API that the settings of the test lead to."""
    memory, address = served_api
    monkeypatch.setenv("API_URL", address)
    monkeypatch.setenv("API_TOKENS", ",".join(CLIENT_TOKENS))
    monkeypatch.setenv("WORKER_TOKENS", ",".join(WORKER_TOKENS))
    memory.clear()
    yield memory
    memory.mend()


@pytest.fixture
def address(served_api: tuple[MemoryApi, str], api: MemoryApi) -> str:  # noqa: ARG001 - the settings must be there
    """Where the API is."""
    return served_api[1]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A good image file."""
    path = tmp_path / "photo.png"
    path.write_bytes(image_bytes())
    return path


@pytest.fixture
def worker(api: MemoryApi, address: str) -> Worker:
    """Something that takes messages and reports back over HTTP, as a worker does, until the block ends."""

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
