"""The programs of the existing system as processes. They report what they do as lines of JSON."""

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
"""A document of the image jobs' collection in MongoDB."""


class LegacyProgram(Program):
    """A Python script in this directory, run as a process."""

    def __init__(self, name: str, environment: Mapping[str, str], directory: Path) -> None:
        super().__init__(name, [sys.executable, str(HERE / f"{name}.py")], environment, directory)

    def did(self, **wanted: Any) -> list[dict[str, Any]]:
        """The reports of all runs so far that contain all of the given values."""
        whole_lines = self.output.read_bytes().split(b"\n")[:-1]
        lines: list[dict[str, Any]] = [json.loads(line) for line in whole_lines]
        return [line for line in lines if wanted.items() <= line.items()]


class LegacyWorker(LegacyProgram):
    """The worker, which pops tasks from the list."""

    def __init__(self, environment: Mapping[str, str], directory: Path) -> None:
        super().__init__("legacy_worker", environment, directory)

    def start_waiting(self, redis: Redis, *arguments: str) -> None:
        """Start the worker and wait until its BRPOP blocks on the list."""
        self.start(*arguments)
        eventually(lambda: self.runs and waits(redis, "brpop"))

    def reports(self, job_id: str) -> list[tuple[str, int]]:
        """The statuses that it sent for a job, each with the status code of the answer."""
        return [(line["status"], line["answer"]) for line in self.did(did="reported", job=job_id)]


class NewLegacyWorker(Protocol):
    """Makes a legacy worker for a system's API. The caller starts it."""

    def __call__(self, system: System, bucket: str = "") -> LegacyWorker: ...


class LegacyBackend(LegacyProgram):
    """The Node backend, always on the same port."""

    def __init__(self, environment: Mapping[str, str], directory: Path) -> None:
        super().__init__("legacy_backend", environment, directory)
        self._port = free_port()
        self.url = f"http://{LOOPBACK}:{self._port}"

    def start_answering(self, *arguments: str) -> None:
        """Start the backend and wait until it answers."""
        self.start("--port", str(self._port), *arguments)
        eventually(lambda: self.runs and status_of(f"{self.url}/api/events/none") == 400)

    def asked(self, job_id: str) -> int:
        """The number of GET requests for a job."""
        return len(self.did(method="GET", path=f"/api/image-jobs/{job_id}"))

    def statuses(self, job_id: str) -> list[str]:
        """The statuses that it stored for a job, in order."""
        stored = self.did(method="PATCH", path=f"/api/image-jobs/{job_id}/status", status=200)
        return [line["body"]["status"] for line in stored]


def waits(redis: Redis, command: str) -> bool:
    """Whether a client is blocked in this command on this Redis database."""
    database = str(redis.get_connection_kwargs()["db"])
    return any((each["cmd"], each["db"]) == (command, database) for each in redis.client_list())
