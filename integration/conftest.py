"""The whole system as real processes: `imagejobs up` on a port and a data directory of its own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import httpx2
import pytest
import redis
from running_system import System, eventually


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One system per module, with leases short enough for a test."""
    data_dir = tmp_path_factory.mktemp("data")
    quick = {"LEASE_SECONDS": "3", "RECONCILE_INTERVAL": "0.5", "PENDING_AFTER": "3", "VALIDATE_RESPONSES": "true"}
    own = {name: value for name, value in os.environ.items() if not name.endswith(("_TOKENS", "_URI", "_URL"))}
    command = [sys.executable, "-m", "imagejobs", "up", "--data-dir", str(data_dir), "--port", "0"]
    with (data_dir / "up.log").open("wb") as log:
        process = subprocess.Popen(command, env=own | quick, stdout=log, stderr=log)
    try:
        eventually(lambda: (data_dir / "up.json").exists() or process.poll() is not None)
        assert process.poll() is None, (data_dir / "up.log").read_text()
        state = json.loads((data_dir / "up.json").read_bytes())
        with (
            httpx2.Client(base_url=state["api_url"], timeout=20) as http,
            redis.Redis.from_url(state["redis_uri"]) as client,
        ):
            yield System(process, data_dir, http, client)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=10)
