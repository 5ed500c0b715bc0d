"""`imagejobs up` with a real redis-server and a real nx-27017, and with stand-ins for the `imagejobs` commands.

A first system runs and is stopped; its data stay. A second one runs on the same data for most of the tests.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis
from imagejobs.embedded.supervision.liveness import is_alive
from imagejobs.embedded.up_file import UpState, read_up_file
from pymongo import MongoClient

PROGRAM = Path(__file__).with_name("stand_in_up.py")
CHILDREN = {"redis", "mongodb", "api", "worker", "reconciler", "queue-adapter"}

pytestmark = pytest.mark.skipif(shutil.which("redis-server") is None, reason="needs redis-server: make install")


class Up:
    """One `up` in a process of its own, with these variables in its environment."""

    def __init__(self, data_dir: Path, environment: Mapping[str, str], port: int = 0) -> None:
        self.data_dir = data_dir
        self.begun = time.monotonic()
        self.output = data_dir.parent / f"up-{self.begun}.out"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, str(PROGRAM), str(data_dir), str(port)],
                env={**os.environ, **environment},
                stdout=output,
                stderr=output,
            )

    def text(self) -> str:
        return self.output.read_text()

    def prints(self, pattern: str) -> None:
        """Wait until a line of the output matches."""
        while not re.search(rf"^{pattern}.*\n", self.text(), re.MULTILINE):
            assert self.process.poll() is None, self.text()
            assert time.monotonic() - self.begun < 20, self.text()
            time.sleep(0.02)

    def ready(self) -> UpState:
        self.prints("ready: ")
        state = read_up_file(self.data_dir)
        assert state is not None
        return state

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=8)

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@dataclass(frozen=True)
class FirstRun:
    """What was seen of an `up` that ran, got data, and was stopped by SIGINT."""

    up: Up
    state: UpState
    all_ran: bool
    up_json_mode: int
    exit_code: int
    seconds_to_stop: float
    left: set[int]
    has_up_json: bool


@pytest.fixture(scope="module")
def first(
    tmp_path_factory: pytest.TempPathFactory, module_mark: dict[str, str], module_left: Callable[[], list[int]]
) -> Iterator[FirstRun]:
    """The data are a message, a document, and marks of two deployments."""
    up = Up(tmp_path_factory.mktemp("up") / "data", module_mark)
    try:
        state = up.ready()
        with redis.Redis.from_url(state.redis_uri) as client, connect(state) as documents:
            client.lpush("task_queue", "message")
            client.set("dramatiq:deployment", "mine")
            client.set("task_queue:deployment", "another's")
            documents["image_jobs"]["image_jobs"].insert_one({"_id": 1})
            documents["image_jobs"]["deployment"].insert_one({"_id": "this", "id": "mine"})
        tree = whole_tree(module_left, state)
        all_ran = all(is_alive(pid) for pid in tree)
        mode = (up.data_dir / "up.json").stat().st_mode & 0o777
        begun = time.monotonic()
        exit_code = up.stop(signal.SIGINT)
        seconds = time.monotonic() - begun
        left = {*module_left(), *(pid for pid in tree if is_alive(pid))}
        has_up_json = (up.data_dir / "up.json").exists()
        yield FirstRun(up, state, all_ran, mode, exit_code, seconds, left, has_up_json)
    finally:
        up.kill()


@pytest.fixture(scope="module")
def running(first: FirstRun, module_mark: dict[str, str]) -> Iterator[Up]:
    """An `up` that runs on the data of the first. SIGTERM must end it as SIGINT ended the first."""
    up = Up(first.up.data_dir, module_mark)
    try:
        up.ready()
        yield up
        assert up.stop() == 0
    finally:
        up.kill()


@pytest.fixture
def start(tmp_path: Path, mark: str) -> Iterator[Callable[..., Up]]:
    """Start an `up` of this test alone."""
    assert mark
    started: list[Up] = []

    def one(port: int = 0, **environment: str) -> Up:
        started.append(Up(tmp_path / "data", environment, port))
        return started[-1]

    yield one
    for up in started:
        up.kill()


def whole_tree(left: Callable[[], list[int]], state: UpState) -> set[int]:
    """Every process of an `up`. redis-server overwrites its environment, and the mark with it."""
    return {*left(), *state.pids.values()}


def connect(state: UpState) -> "MongoClient[dict[str, Any]]":
    return MongoClient(state.mongodb_uri, serverSelectionTimeoutMS=3_000)


def test_it_reports_once_that_it_is_ready_and_leaves_nothing_behind(first: FirstRun) -> None:
    state = first.state
    assert len(re.findall(rf"^ready: {re.escape(state.api_url)}$", first.up.text(), re.MULTILINE)) == 1
    assert (state.token, state.worker_token) == ("first", None)
    assert set(state.pids) == {"up", *CHILDREN}
    assert state.pids["up"] == first.up.process.pid
    assert first.all_ran
    assert first.up_json_mode == 0o600
    assert first.exit_code == 0
    assert first.seconds_to_stop < 5
    assert first.left == set()
    assert not first.has_up_json
    assert first.up.text().splitlines()[-1].endswith("stopped")


def test_data_survive_a_restart(running: Up) -> None:
    state = running.ready()
    with redis.Redis.from_url(state.redis_uri) as client:
        assert client.lrange("task_queue", 0, -1) == [b"message"]
    with connect(state) as documents:
        assert documents.get_default_database()["image_jobs"].count_documents({}) == 1


def test_a_redis_of_another_deployment_is_reported(running: Up) -> None:
    running.prints(".*delete its mark")
    text = " ".join(running.text().split())
    assert "'task_queue:deployment' is another's, but the id in this MongoDB is mine" in text
    assert "redis-cli DEL dramatiq:deployment" not in text


def test_a_second_up_on_the_same_data_is_refused_in_one_sentence(running: Up, module_mark: dict[str, str]) -> None:
    second = Up(running.data_dir, module_mark)
    assert second.process.wait(timeout=10) == 1
    assert second.text().splitlines() == [
        f"another `imagejobs up` (process {running.process.pid}) runs on {running.data_dir}: "
        "stop it, or use another --data-dir"
    ]
    assert read_up_file(running.data_dir) is not None


def test_a_killed_child_is_replaced_and_up_json_follows(running: Up, until: Callable[..., None]) -> None:
    state = running.ready()
    until(lambda: (running.data_dir / "logs" / "worker.log").stat().st_size > 0)
    os.kill(state.pids["worker"], signal.SIGKILL)

    def replaced() -> bool:
        now = read_up_file(running.data_dir)
        return now is not None and now.pids.get("worker", 0) not in {0, state.pids["worker"]}

    until(replaced)
    until(lambda: running.text().count("worker: ready") == 2)
    assert "worker: died, killed by SIGKILL; the end of " in running.text()
    assert "worker: restarting in 0.5 s" in running.text()
    assert "    " in running.text().split("worker: died")[1].splitlines()[1], "the log's last lines"


def test_a_kill_leaves_no_process_and_a_successor_waits_for_their_end(
    start: Callable[..., Up], left: Callable[[], list[int]], until: Callable[..., None]
) -> None:
    up = start(STAND_IN_IGNORES_SIGTERM="1")
    state = up.ready()
    tree = whole_tree(left, state)
    assert len(tree) >= len(state.pids) + 3, "the guardian and Dramatiq's two worker processes are among them"
    up.stop(signal.SIGKILL)
    assert read_up_file(up.data_dir) is None, "the file exists, but its process does not"
    successor = start()
    until(lambda: not any(is_alive(pid) for pid in tree), 5)
    assert successor.text() == "", "otherwise two databases would use the same files"
    assert successor.ready().pids["up"] == successor.process.pid


def test_a_chosen_port_in_use_is_an_error_in_one_sentence_and_nothing_is_started(
    start: Callable[..., Up], left: Callable[[], list[int]]
) -> None:
    with socket.socket() as occupant:
        occupant.bind(("127.0.0.1", 0))
        occupant.listen()
        port = occupant.getsockname()[1]
        up = start(port)
        assert up.process.wait(timeout=10) == 1
    assert up.text().splitlines() == [
        f"--port: port {port} of 127.0.0.1 cannot be used (Address already in use). "
        "End the program that listens there, or choose another port; 0 takes any free one"
    ]
    assert left() == []
