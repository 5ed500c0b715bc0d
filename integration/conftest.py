"""The systems that the tests ask: on backing services of one's own, and `imagejobs up` with what it embeds."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
import redis
from backing import Backing, BackingServers, backing_servers, what_was_left_out
from deployed_system import Deployment, deployed
from imagejobs.storage.filesystem import FilesystemStorage
from running_system import QUICK, System, eventually


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line what this machine could not run."""
    if left_out := what_was_left_out():
        terminalreporter.write_line(f"integration: {left_out}")


@pytest.fixture(scope="session")
def servers() -> Iterator[BackingServers]:
    """One Redis, one MongoDB and one S3 service for all of the run."""
    with backing_servers() as started:
        yield started


@pytest.fixture(scope="module")
def backing(servers: BackingServers) -> Backing:
    """What the systems of one module stand on."""
    return servers.backing()


@pytest.fixture(scope="module")
def deployment(backing: Backing, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[System, Deployment]]:
    """The system as it is deployed, and its processes."""
    with deployed(backing, tmp_path_factory.mktemp("deployed")) as started:
        yield started


@pytest.fixture(scope="module", params=["deployed", "up"])
def system(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The system in each of its forms."""
    if request.param == "deployed":
        yield request.getfixturevalue("deployment")[0]
        return
    with local_system(tmp_path_factory.mktemp("data")) as started:
        yield started


@contextmanager
def local_system(data_dir: Path) -> Iterator[System]:
    """`imagejobs up` on a port and a data directory of its own."""
    own = {name: value for name, value in os.environ.items() if not name.endswith(("_TOKENS", "_URI", "_URL"))}
    command = [sys.executable, "-m", "imagejobs", "up", "--data-dir", str(data_dir), "--port", "0"]
    with (data_dir / "up.log").open("wb") as log:
        process = subprocess.Popen(command, env=own | QUICK, stdout=log, stderr=log)
    state_file = data_dir / "up.json"
    try:
        eventually(lambda: state_file.exists() or process.poll() is not None)
        assert process.poll() is None, (data_dir / "up.log").read_text()
        state = json.loads(state_file.read_bytes())
        storage = FilesystemStorage(data_dir / "objects", f"{state['api_url']}/media", b"")
        with (
            httpx2.Client(base_url=state["api_url"], timeout=20) as http,
            redis.Redis.from_url(state["redis_uri"]) as client,
        ):
            yield System(http, client, storage, lambda name: int(json.loads(state_file.read_bytes())["pids"][name]))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=10)
