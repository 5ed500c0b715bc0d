"""The process `imagejobs api`, with settings of its own."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
from imagejobs.embedded.applications import imagejobs_command
from imagejobs.embedded.services.ports import LOOPBACK, free_port
from imagejobs.settings.settings import Settings
from servers.processes import wait_until

START_SECONDS = 60.0


@dataclass(frozen=True)
class ApiProcess:
    """A running API, a client of it, and its log file. The client has no connection before its first request."""

    process: subprocess.Popen[bytes]
    address: str
    http: httpx2.Client
    log: Path


@contextmanager
def api_process(directory: Path, *before: str, **settings: str) -> Iterator[ApiProcess]:
    """Run the API in `directory`, with these settings only, until the block ends; `before` starts its command line.

    A backing service that the settings do not name is unavailable.
    """
    port, log = free_port(), directory / "api.log"
    address = f"http://{LOOPBACK}:{port}"
    own = {
        "API_PORT": str(port),
        "MONGODB_URI": f"mongodb://{LOOPBACK}:{free_port()}/nothing",
        "REDIS_URI": f"redis://{LOOPBACK}:{free_port()}",
        "STORAGE": "filesystem",
    }
    inherited = {name: value for name, value in os.environ.items() if name.lower() not in Settings.model_fields}
    with log.open("wb") as out, httpx2.Client(base_url=address, timeout=60) as http:
        process = subprocess.Popen(
            [*before, *imagejobs_command("api")], env=inherited | own | settings, cwd=directory, stdout=out, stderr=out
        )
        try:
            wait_until(lambda: _is_healthy(address) or process.poll() is not None, START_SECONDS)
            assert process.poll() is None, log.read_text()
            assert f"listening on {LOOPBACK}, port {port}" in log.read_text()
            yield ApiProcess(process, address, http, log)
        finally:
            process.kill()
            process.wait()


def _is_healthy(address: str) -> bool:
    try:
        return httpx2.get(f"{address}/healthz").status_code == 200
    except httpx2.TransportError:
        return False
