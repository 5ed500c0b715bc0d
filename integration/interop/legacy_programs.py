"""The programs of the existing system as processes. What they do they tell as lines of JSON."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from imagejobs.embedded.services.ports import LOOPBACK, free_port
from interop.programs import Program, status_of
from redis import Redis
from running_system import System, eventually

HERE = Path(__file__).parent
Document = dict[str, Any]
"""A record in MongoDB."""


class LegacyProgram(Program):
    """A script beside this one."""

    def __init__(self, name: str, environment: Mapping[str, str], directory: Path) -> None:
        super().__init__(name, [sys.executable, str(HERE / f"{name}.py")], environment, directory)

    def did(self, **wanted: Any) -> list[dict[str, Any]]:
        """What it did so far in all its runs, of which all the wanted values hold."""
        whole_lines = self.output.read_bytes().split(b"\n")[:-1]
        lines: list[dict[str, Any]] = [json.loads(line) for line in whole_lines]
        return [line for line in lines if wanted.items() <= line.items()]


class LegacyWorker(LegacyProgram):
    """The worker that pops from the list."""

    def __init__(self, environment: Mapping[str, str], directory: Path) -> None:
        super().__init__("legacy_worker", environment, directory)

    def start_waiting(self, redis: Redis, *arguments: str) -> None:
        """Start it and wait until it waits for the list."""
        self.start(*arguments)
        eventually(lambda: self.runs and waits(redis, "brpop"))

    def reports(self, job_id: str) -> list[tuple[str, int]]:
        """The statuses that it sent for a job, and what each was answered."""
        return [(line["status"], line["answer"]) for line in self.did(did="reported", job=job_id)]


class NewLegacyWorker(Protocol):
    """Makes a legacy worker for the API at a system's address, not started yet."""

    def __call__(self, system: System, bucket: str = "") -> LegacyWorker: ...


class LegacyBackend(LegacyProgram):
    """The Node backend, always on the same port."""

    def __init__(self, environment: Mapping[str, str], directory: Path) -> None:
        super().__init__("legacy_backend", environment, directory)
        self._port = free_port()
        self.url = f"http://{LOOPBACK}:{self._port}"

    def start_answering(self, *arguments: str) -> None:
        """Start it and wait until it answers."""
        self.start("--port", str(self._port), *arguments)
        eventually(lambda: self.runs and status_of(f"{self.url}/api/events/none") == 400)

    def asked(self, job_id: str) -> int:
        """How often somebody wanted to see a job."""
        return len(self.did(method="GET", path=f"/api/image-jobs/{job_id}"))

    def statuses(self, job_id: str) -> list[str]:
        """The statuses that it stored for a job, in order."""
        stored = self.did(method="PATCH", path=f"/api/image-jobs/{job_id}/status", status=200)
        return [line["body"]["status"] for line in stored]


def waits(redis: Redis, command: str) -> bool:
    """Whether somebody waits in this command for a list of this database."""
    database = str(redis.get_connection_kwargs()["db"])
    return any((each["cmd"], each["db"]) == (command, database) for each in redis.client_list())
