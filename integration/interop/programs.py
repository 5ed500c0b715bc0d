"""Programs as processes, with an environment of their own: whatever runs in these tests."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx2
import psutil

STOP_SECONDS = 30.0
INHERITED = ("PATH", "HOME", "TMPDIR", "PYTHONPATH")


class Program:
    """A command that can be started, killed and started again; what it writes is kept in its directory."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], directory: Path) -> None:
        inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
        self._command = command
        self._environment = inherited | {"PYTHONUNBUFFERED": "1"} | dict(environment)
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None
        self.output = directory / f"{name}.out"
        self.log = directory / f"{name}.log"

    @property
    def process(self) -> psutil.Process:
        """The running process; fails if it ended by itself, with what it said."""
        assert self._process is not None, f"{self._command} was not started"
        assert self._process.poll() is None, self.log.read_text()[-2000:]
        return psutil.Process(self._process.pid)

    @property
    def runs(self) -> bool:
        """True; fails as `process` does."""
        return self.process.is_running()

    def start(self, *arguments: str) -> None:
        """Start it with further arguments."""
        with self.output.open("ab") as output, self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._command, *arguments], env=self._environment, cwd=self._directory, stdout=output, stderr=log
            )

    def kill(self) -> None:
        """End it as a power cut would, if it runs."""
        if self._process is not None:
            self._process.kill()
            self._wait()

    def terminate(self) -> None:
        """Ask it to end, if it runs."""
        if self._process is not None:
            self._process.terminate()

    def stop(self) -> None:
        """Ask it to end, if it runs, and wait for that."""
        self.terminate()
        self._wait()

    def _wait(self) -> None:
        if self._process is not None:
            self._process.wait(STOP_SECONDS)
            self._process = None


def status_of(url: str) -> int:
    """The status that a GET is answered with; 0 if nobody answers."""
    try:
        return httpx2.get(url, timeout=5).status_code
    except httpx2.TransportError:
        return 0
