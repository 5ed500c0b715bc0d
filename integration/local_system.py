"""A system started by `imagejobs up`."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import redis
from imagejobs.storage.filesystem import FilesystemStorage
from running_system import QUICK, System, eventually


@contextmanager
def local_system(data_dir: Path) -> Iterator[System]:
    """Run `imagejobs up` on a free port with its own data directory."""
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
