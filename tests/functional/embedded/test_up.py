"""The whole of `up` on a real redis-server and a real nx-27017, with stand-ins for the `imagejobs` commands."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from imagejobs.embedded.supervision.liveness import is_alive
from imagejobs.embedded.up_file import UpState, read_up_file
from pymongo import MongoClient

PROGRAM = Path(__file__).with_name("stand_in_up.py")
CHILDREN = {"redis", "mongodb", "api", "worker", "reconciler", "queue-adapter"}

pytestmark = [
    pytest.mark.usefixtures("mark"),
    pytest.mark.skipif(shutil.which("redis-server") is None, reason="needs redis-server: make install"),
]


class Up:
    """One `up` in a process of its own."""

    def __init__(self, data_dir: Path, port: int = 0) -> None:
        self.data_dir = data_dir
        self.begun = time.monotonic()
        self.output = data_dir.parent / f"up-{self.begun}.out"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, str(PROGRAM), str(data_dir), str(port)], stdout=output, stderr=output
            )

    def text(self) -> str:
        return self.output.read_text()

    def ready(self) -> UpState:
        while not re.search(r"^ready: .*\n", self.text(), re.MULTILINE):
            assert self.process.poll() is None, self.text()
            assert time.monotonic() - self.begun < 20, self.text()
            time.sleep(0.02)
        state = read_up_file(self.data_dir)
        assert state is not None
        return state

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=8)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Up]]:
    started: list[Up] = []

    def one(port: int = 0) -> Up:
        started.append(Up(tmp_path / "data", port))
        return started[-1]

    yield one
    for up in started:
        if up.process.poll() is None:
            up.process.kill()
            up.process.wait()


def test_it_says_ready_once_and_where_everything_is_and_leaves_nothing(
    start: Callable[..., Up], left: Callable[[], list[int]]
) -> None:
    up = start()
    state = up.ready()
    assert len(re.findall(rf"^ready: {re.escape(state.api_url)}$", up.text(), re.MULTILINE)) == 1
    assert (state.token, state.worker_token) == ("first", None)
    assert set(state.pids) == {"up", *CHILDREN}
    assert state.pids["up"] == up.process.pid
    tree = whole_tree(left, state)
    assert all(is_alive(pid) for pid in tree)
    assert (up.data_dir / "up.json").stat().st_mode & 0o777 == 0o600
    begun = time.monotonic()
    assert up.stop(signal.SIGINT) == 0
    assert time.monotonic() - begun < 5
    assert left() == []
    assert not any(is_alive(pid) for pid in tree)
    assert not (up.data_dir / "up.json").exists()
    assert up.text().splitlines()[-1].endswith("stopped")


def test_data_survive_a_restart(start: Callable[..., Up]) -> None:
    up = start()
    state = up.ready()
    with redis.Redis.from_url(state.redis_uri) as client:
        client.lpush("task_queue", "message")
    with connect(state) as documents:
        documents.get_default_database()["image_jobs"].insert_one({"_id": 1})
    assert up.stop() == 0
    state = start().ready()
    with redis.Redis.from_url(state.redis_uri) as client:
        assert client.lrange("task_queue", 0, -1) == [b"message"]
    with connect(state) as documents:
        assert documents.get_default_database()["image_jobs"].count_documents({}) == 1


def whole_tree(left: Callable[[], list[int]], state: UpState) -> set[int]:
    """Every process of an `up`; redis-server writes over its environment, and with it over the mark."""
    return {*left(), *state.pids.values()}


def connect(state: UpState) -> "MongoClient[dict[str, Any]]":
    return MongoClient(state.mongodb_uri, serverSelectionTimeoutMS=3_000)


def test_a_kill_leaves_no_process_and_a_successor_waits_for_their_end(
    start: Callable[..., Up],
    left: Callable[[], list[int]],
    until: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("STAND_IN_IGNORES_SIGTERM", "1")
    up = start()
    state = up.ready()
    tree = whole_tree(left, state)
    assert len(tree) >= len(state.pids) + 3, "the guardian and Dramatiq's two worker processes are among them"
    up.stop(signal.SIGKILL)
    assert read_up_file(up.data_dir) is None, "the file is there, but its process is not"
    successor = start()
    until(lambda: not any(is_alive(pid) for pid in tree), 5)
    assert successor.text() == "", "two databases on the same files"
    assert successor.ready().pids["up"] == successor.process.pid


def test_a_killed_child_is_replaced_and_up_json_follows(start: Callable[..., Up], until: Callable[..., None]) -> None:
    up = start()
    state = up.ready()
    until(lambda: (up.data_dir / "logs" / "worker.log").stat().st_size > 0)
    os.kill(state.pids["worker"], signal.SIGKILL)

    def replaced() -> bool:
        now = read_up_file(up.data_dir)
        return now is not None and now.pids.get("worker", 0) not in {0, state.pids["worker"]}

    until(replaced)
    until(lambda: up.text().count("worker: ready") == 2)
    assert "worker: died, killed by SIGKILL; the end of " in up.text()
    assert "worker: restarting in 0.5 s" in up.text()
    assert "    " in up.text().split("worker: died")[1].splitlines()[1], "the log's last lines"


def test_a_second_up_on_the_same_data_is_refused_in_one_sentence(start: Callable[..., Up]) -> None:
    first = start()
    first.ready()
    second = start()
    assert second.process.wait(timeout=10) == 1
    assert second.text().splitlines() == [
        f"another `imagejobs up` (process {first.process.pid}) runs on {first.data_dir}: "
        "stop it, or use another --data-dir"
    ]
    assert read_up_file(first.data_dir) is not None


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


def test_a_redis_of_another_deployment_is_reported(start: Callable[..., Up]) -> None:
    first = start()
    state = first.ready()
    with MongoClient[dict[str, Any]](state.mongodb_uri) as mongodb, redis.Redis.from_url(state.redis_uri) as client:
        mongodb["image_jobs"]["deployment"].insert_one({"_id": "this", "id": "mine"})
        client.set("dramatiq:deployment", "mine")
        client.set("task_queue:deployment", "another's")
    assert first.stop() == 0
    second = start()
    second.ready()
    while "delete its mark" not in second.text():
        assert time.monotonic() - second.begun < 20, second.text()
        time.sleep(0.02)
    assert "'task_queue:deployment' is another's, but the id in this MongoDB is mine" in " ".join(second.text().split())
    assert "redis-cli DEL dramatiq:deployment" not in second.text()
