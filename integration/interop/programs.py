"""A program run as a process with its own environment."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx2
import psutil

STOP_SECONDS = 30.0
INHERITED = ("PATH", "HOME", "TMPDIR", "PYTHONPATH")


class Program:
    """A command that can be started, killed and restarted. Its output is kept in its directory."""

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
        """The running process. Fails with the end of its log if it has exited."""
        assert self._process is not None, f"{self._command} was not started"
        assert self._process.poll() is None, self.log.read_text()[-2000:]
        return psutil.Process(self._process.pid)

    @property
    def runs(self) -> bool:
        """Whether the process is running. Fails with the end of its log if it has exited."""
        return self.process.is_running()

    def start(self, *arguments: str) -> None:
        """Start the command with additional arguments."""
        with self.output.open("ab") as output, self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._command, *arguments], env=self._environment, cwd=self._directory, stdout=output, stderr=log
            )

    def kill(self) -> None:
        """Kill the process, if it runs, as a power failure would."""
        if self._process is not None:
            self._process.kill()
            self._wait()

    def terminate(self) -> None:
        """Send SIGTERM, if the process runs."""
        if self._process is not None:
            self._process.terminate()

    def stop(self) -> None:
        """Send SIGTERM, if the process runs, and wait until it has ended."""
        self.terminate()
        self._wait()

    def _wait(self) -> None:
        if self._process is not None:
            self._process.wait(STOP_SECONDS)
            self._process = None


def status_of(url: str) -> int:
    """The status code of a GET; 0 if the connection fails."""
    try:
        return httpx2.get(url, timeout=5).status_code
    except httpx2.TransportError:
        return 0
