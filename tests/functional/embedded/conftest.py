"""The processes of a test carry a mark in their environment, by which those that are left are found."""

import os
import signal
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
        assert time.monotonic() < deadline, "the condition did not become true before the deadline"
        time.sleep(0.02)


def processes_with(mark: str) -> list[int]:
    """The ids of the running processes whose environment has this mark. A zombie has no environment."""
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


@contextmanager
def marked() -> Iterator[str]:
    """A mark for the environment of processes. Processes that still carry it at the end are killed."""
    if sys.platform != "linux":
        pytest.skip("looks for processes in /proc")
    value = uuid.uuid4().hex
    yield value
    for pid in processes_with(value):
        os.kill(pid, signal.SIGKILL)


@pytest.fixture
def mark(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A mark that every process of this test inherits."""
    with marked() as value:
        monkeypatch.setenv(MARK, value)
        yield value


@pytest.fixture
def left(mark: str) -> Callable[[], list[int]]:
    """The processes with the test's mark that run now."""
    return lambda: processes_with(mark)


@pytest.fixture(scope="module")
def module_mark() -> Iterator[dict[str, str]]:
    """The environment variable that marks the processes which several tests share."""
    with marked() as value:
        yield {MARK: value}


@pytest.fixture(scope="module")
def module_left(module_mark: dict[str, str]) -> Callable[[], list[int]]:
    """The processes with the module's mark that run now."""
    return lambda: processes_with(module_mark[MARK])


@pytest.fixture
def guardian(mark: str) -> Iterator[Guardian]:
    assert os.environ[MARK] == mark
    with Guardian() as running:
        yield running


@pytest.fixture
def python_child(tmp_path: Path, mark: str) -> Callable[..., ChildSpec]:
    """A function that describes a child which runs Python code."""

    def describe(name: str, code: str = "import signal; signal.pause()", **more: Any) -> ChildSpec:
        argv = (sys.executable, "-I", "-S", "-c", code)
        return ChildSpec(name, argv, {**os.environ, MARK: mark}, tmp_path / f"{name}.log", **more)

    return describe
