"""The process `imagejobs api` with few file descriptors and many slow clients."""

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psutil
import pytest
from functional.api.raw_http import MULTIPART, connected, head, read_answer
from imagejobs.embedded.applications import imagejobs_command
from imagejobs.embedded.services.ports import LOOPBACK, free_port
from imagejobs.settings.settings import Settings
from servers.processes import wait_until

DESCRIPTORS = 64
CLIENTS = 60
UPLOAD = head("POST /api/image-jobs", Content_Type=MULTIPART, Content_Length=1_000_000) + b"-"


@dataclass
class Api:
    """The process `imagejobs api`, with its log file."""

    process: subprocess.Popen[bytes]
    address: str
    log: Path

    def seconds_of_health(self) -> float:
        """Send GET /healthz on a new connection; the seconds until its answer."""
        began = time.monotonic()
        assert httpx2.get(f"{self.address}/healthz", timeout=20).status_code == 200
        return time.monotonic() - began

    def open_descriptors(self) -> int:
        return psutil.Process(self.process.pid).num_fds()

    def has_no_client(self) -> bool:
        connections = psutil.Process(self.process.pid).net_connections("tcp")
        return all(each.status == psutil.CONN_LISTEN for each in connections)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """An API that may open few files and waits two seconds for slow clients. No backing service is running."""
    directory, port = tmp_path_factory.mktemp("api"), free_port()
    environment = {name: value for name, value in os.environ.items() if name.lower() not in Settings.model_fields}
    environment |= {
        "STORAGE": "filesystem",
        "MONGODB_URI": f"mongodb://{LOOPBACK}:{free_port()}/nothing",
        "REDIS_URI": f"redis://{LOOPBACK}:{free_port()}",
        "API_PORT": str(port),
        "HEADER_SECONDS": "2",
        "STALL_SECONDS": "2",
        "KEEP_ALIVE_SECONDS": "20",
    }
    limited = ["sh", "-c", f'ulimit -n {DESCRIPTORS} && exec "$@"', "sh", *imagejobs_command("api")]
    log = directory / "api.log"
    with log.open("wb") as out:
        process = subprocess.Popen(limited, env=environment, cwd=directory, stdout=out, stderr=subprocess.STDOUT)
    try:
        wait_until(lambda: f"listening on {LOOPBACK}, port {port}" in log.read_text() or process.poll() is not None, 60)
        yield Api(process, f"http://{LOOPBACK}:{port}", log)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0, log.read_text()
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("sent", [UPLOAD, UPLOAD[:20], b""], ids=["bodies", "headers", "connections"])
def test_health_is_answered_whatever_slow_clients_do(api: Api, sent: bytes) -> None:
    with ExitStack() as stack:
        for _ in range(CLIENTS):
            stack.enter_context(connected(api.address)).sendall(sent)
        slowest = max(api.seconds_of_health() for _ in range(20))
    assert slowest < 5, api.log.read_text()
    assert api.open_descriptors() < DESCRIPTORS


def test_slow_uploads_are_cut_off_and_those_beyond_the_bound_are_told_to_come_back(api: Api) -> None:
    wait_until(api.has_no_client, 20)
    with ExitStack() as stack:
        clients = []
        for _ in range(20):  # each client sends at once: the server closes idle connections to make room
            clients.append(stack.enter_context(connected(api.address)))
            clients[-1].sendall(UPLOAD)
        answers = [read_answer(client) for client in clients]
    assert Counter((each.status, each.code) for each in answers) == {
        (408, "request_timeout"): 16,
        (503, "overloaded"): 4,
    }
    assert all(int(each.headers["retry-after"]) > 0 for each in answers if each.status == 503)


def test_room_is_there_again_afterwards(api: Api) -> None:
    for _ in range(3):
        answer = httpx2.get(f"{api.address}/api/image-jobs/nonsense")
        assert answer.status_code == 400


def test_the_log_has_a_line_for_each_event_and_not_for_each_connection(api: Api) -> None:
    lines = api.log.read_text().splitlines()
    assert len(lines) < CLIENTS, api.log.read_text()
    taken = [line for line in lines if "connections are taken" in line]
    assert len(taken) <= 8, "each of the four tests above may log at most one beginning and one end"
    assert "not MAX_CONNECTIONS=1000" in api.log.read_text()
    assert "Traceback" not in api.log.read_text()
