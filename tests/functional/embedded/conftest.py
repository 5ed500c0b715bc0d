"""The processes of a test carry a mark in their environment: what is left of it is found, whoever started it."""

import os
import signal
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from imagejobs.embedded.supervision.child_spec import ChildSpec
from imagejobs.embedded.supervision.guardian import Guardian

MARK = "IMAGE_JOBS_TEST_MARK"
LONGEST_TEST_SECONDS = 40


def wait_until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "not so before the deadline"
        time.sleep(0.02)


def processes_with(mark: str) -> list[int]:
    """Every running process (zombies have no environment) that was started with this mark."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                environment = (entry / "environ").read_bytes()
            except OSError:
                continue
            if wanted in environment.split(b"\0"):
                found.append(int(entry.name))
    return found


@pytest.fixture(autouse=True)
def _ends_in_time() -> Iterator[None]:
    def give_up(_number: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"the test took longer than {LONGEST_TEST_SECONDS} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(LONGEST_TEST_SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def until() -> Callable[..., None]:
    return wait_until


@pytest.fixture
def mark(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A mark that every process started from now on inherits; what carries it at the end is killed."""
    if sys.platform != "linux":
        pytest.skip("looks for processes in /proc")
    value = uuid.uuid4().hex
    monkeypatch.setenv(MARK, value)
    yield value
    for pid in processes_with(value):
        os.kill(pid, signal.SIGKILL)


@pytest.fixture
def left(mark: str) -> Callable[[], list[int]]:
    """The marked processes that run now."""
    return lambda: processes_with(mark)


@pytest.fixture
def guardian(mark: str) -> Iterator[Guardian]:
    assert os.environ[MARK] == mark
    with Guardian() as running:
        yield running


@pytest.fixture
def python_child(tmp_path: Path, mark: str) -> Callable[..., ChildSpec]:
    """Describe a child that runs a piece of Python."""

    def describe(name: str, code: str = "import signal; signal.pause()", **more: Any) -> ChildSpec:
        argv = (sys.executable, "-I", "-S", "-c", code)
        return ChildSpec(name, argv, {**os.environ, MARK: mark}, tmp_path / f"{name}.log", **more)

    return describe
