"""Starts `imagejobs up` with its own data directory, and measures the CPU time of its processes."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

READY_TIMEOUT = 60.0


@dataclass(frozen=True, slots=True)
class LocalSystem:
    """A running system: its address, the seconds until it was ready, and its process ids by name."""

    api_url: str
    ready_seconds: float
    pids: dict[str, int]

    def worker_cpu_seconds(self) -> float:
        """The CPU time of the Dramatiq processes so far (Linux only)."""
        return self.cpu_seconds("worker")

    def cpu_seconds(self, name: str) -> float:
        """The CPU time of a process and its descendants; "up" means all processes of the system."""
        return sum(_cpu_seconds(pid) for pid in _family(self.pids[name]))

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """Stop all processes but the supervisor for the length of the block."""
        numbers = [pid for name, child in self.pids.items() if name != "up" for pid in _family(child)]
        for pid in numbers:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in numbers:
                os.kill(pid, signal.SIGCONT)


UP = (sys.executable, "-m", "imagejobs", "up")


@contextmanager
def local_system(program: Sequence[str] = UP) -> Iterator[LocalSystem]:
    """A system with default settings. `program` is the command that takes the options of `imagejobs up`."""
    with tempfile.TemporaryDirectory() as directory:
        started = time.perf_counter()
        command = [*program, "--data-dir", directory, "--port", "0"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            state = _wait_until_ready(process, Path(directory) / "up.json")
            yield LocalSystem(state["api_url"], time.perf_counter() - started, state["pids"])
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=15)


def _wait_until_ready(process: "subprocess.Popen[bytes]", file: Path) -> dict[str, Any]:
    deadline = time.monotonic() + READY_TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        if file.exists():
            state: dict[str, Any] = json.loads(file.read_bytes())
            return state
        time.sleep(0.01)
    raise SystemExit("imagejobs up did not become ready")


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in _family(int(child)))]


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
