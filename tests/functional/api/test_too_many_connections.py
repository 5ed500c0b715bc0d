"""The process `imagejobs api` with few file descriptors and many slow clients."""

import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

import httpx2
import psutil
import pytest
from functional.api.api_process import ApiProcess, api_process
from functional.api.raw_http import MULTIPART, connected, head, read_answer
from servers.processes import wait_until

DESCRIPTORS = 64
CLIENTS = 60
UPLOAD = head("POST /api/image-jobs", Content_Type=MULTIPART, Content_Length=1_000_000) + b"-"


def seconds_of_health(api: ApiProcess) -> float:
    """Send GET /healthz on a new connection; the seconds until its answer."""
    began = time.monotonic()
    assert httpx2.get(f"{api.address}/healthz", timeout=20).status_code == 200
    return time.monotonic() - began


def has_no_client(api: ApiProcess) -> bool:
    connections = psutil.Process(api.process.pid).net_connections("tcp")
    return all(each.status == psutil.CONN_LISTEN for each in connections)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiProcess]:
    """An API that may open few files and waits two seconds for slow clients. No backing service is running."""
    limited = ["sh", "-c", f'ulimit -n {DESCRIPTORS} && exec "$@"', "sh"]
    patience = {"HEADER_SECONDS": "2", "STALL_SECONDS": "2", "KEEP_ALIVE_SECONDS": "20"}
    with api_process(tmp_path_factory.mktemp("api"), *limited, **patience) as running:
        yield running
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(30) == 0, running.log.read_text()


@pytest.mark.parametrize("sent", [UPLOAD, UPLOAD[:20], b""], ids=["bodies", "headers", "connections"])
def test_health_is_answered_whatever_slow_clients_do(api: ApiProcess, sent: bytes) -> None:
    with ExitStack() as stack:
        for _ in range(CLIENTS):
            stack.enter_context(connected(api.address)).sendall(sent)
        slowest = max(seconds_of_health(api) for _ in range(20))
    assert slowest < 5, api.log.read_text()
    assert psutil.Process(api.process.pid).num_fds() < DESCRIPTORS


def test_slow_uploads_are_cut_off_and_those_beyond_the_bound_are_told_to_come_back(api: ApiProcess) -> None:
    wait_until(lambda: has_no_client(api), 20)
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


def test_room_is_there_again_afterwards(api: ApiProcess) -> None:
    for _ in range(3):
        answer = httpx2.get(f"{api.address}/api/image-jobs/nonsense")
        assert answer.status_code == 400


def test_the_log_has_a_line_for_each_event_and_not_for_each_connection(api: ApiProcess) -> None:
    lines = api.log.read_text().splitlines()
    assert len(lines) < CLIENTS, api.log.read_text()
    taken = [line for line in lines if "connections are taken" in line]
    assert len(taken) <= 8, "each of the four tests above may log at most one beginning and one end"
    assert "not MAX_CONNECTIONS=1000" in api.log.read_text()
    assert "Traceback" not in api.log.read_text()
