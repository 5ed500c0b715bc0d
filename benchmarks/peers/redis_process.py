"""A Redis server without persistence."""

import shutil
import subprocess
from typing import Self

from imagejobs.embedded.services.ports import LOOPBACK, free_port
from imagejobs.embedded.services.probes import redis_answers

from benchmarks.peers.waiting import wait_for

START_SECONDS = 20.0


class RedisProcess:
    """A redis-server without persistence: after a restart it is empty, on the same port."""

    def __init__(self) -> None:
        program = shutil.which("redis-server")
        if not program:
            raise SystemExit("redis-server is not on PATH: apt-get install redis-server, or brew install redis")
        self._command = (program, "--bind", LOOPBACK, "--save", "", "--appendonly", "no")
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        self._process = subprocess.Popen((*self._command, "--port", str(self.port)), stdout=subprocess.DEVNULL)
        wait_for("redis-server answers", START_SECONDS, lambda: redis_answers(self.port))

    def kill(self) -> None:
        """Kill the server."""
        if self._process:
            self._process.kill()
            self._process.wait()
