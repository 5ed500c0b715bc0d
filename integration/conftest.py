"""The whole system as real processes: `imagejobs up` on a port and a data directory of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import pytest
import redis

T = TypeVar("T")
DEADLINE = 60.0


def eventually(ask: Callable[[], T], seconds: float = DEADLINE) -> T:
    """Ask until the answer is truthy; fails the test after the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        if answer := ask():
            return answer
        if time.monotonic() > deadline:
            pytest.fail(f"not true within {seconds} s: the last answer was {answer!r}")
        time.sleep(0.02)


@dataclass(frozen=True, slots=True)
class System:
    """A running local system and a client of it."""

    process: "subprocess.Popen[bytes]"
    data_dir: Path
    http: httpx2.Client
    redis: "redis.Redis"

    @property
    def state(self) -> dict[str, Any]:
        """up.json as it is now."""
        state: dict[str, Any] = json.loads((self.data_dir / "up.json").read_bytes())
        return state

    def create_event(self, *images: tuple[str, bytes]) -> dict[str, Any]:
        """POST the guide's event with these files; the answer's data."""
        texts = {"name": "Test Event", "community": "Test Community", "date": "2024-01-01"}
        tutor = {"tutor[type]": "Internal", "tutor[name]": "John Doe"}
        files = [("images", image) for image in images]
        answer = self.http.post("/api/events", data=texts | tutor, files=files)
        assert answer.status_code == 201, answer.text
        event: dict[str, Any] = answer.json()["data"]
        return event

    def create_job(self, name: str, content: bytes) -> str:
        """POST one image; the job's id."""
        fields = {"entityType": "other", "entityId": "test"}
        answer = self.http.post("/api/image-jobs", data=fields, files={"image": (name, content)})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["data"]["_id"])

    def job(self, job_id: str) -> dict[str, Any]:
        """GET the job."""
        job: dict[str, Any] = self.http.get(f"/api/image-jobs/{job_id}").json()["data"]
        return job

    def ended(self, job_id: str, seconds: float = DEADLINE) -> dict[str, Any]:
        """The job when it is COMPLETED or FAILED."""
        return eventually(
            lambda: job if (job := self.job(job_id))["status"] in {"COMPLETED", "FAILED"} else None, seconds
        )


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One system per module, with leases short enough for a test."""
    data_dir = tmp_path_factory.mktemp("data")
    quick = {"LEASE_SECONDS": "3", "RECONCILE_INTERVAL": "0.5", "PENDING_AFTER": "3", "VALIDATE_RESPONSES": "true"}
    own = {name: value for name, value in os.environ.items() if not name.endswith(("_TOKENS", "_URI", "_URL"))}
    command = [sys.executable, "-m", "imagejobs", "up", "--data-dir", str(data_dir), "--port", "0"]
    with (data_dir / "up.log").open("wb") as log:
        process = subprocess.Popen(command, env=own | quick, stdout=log, stderr=log)
    try:
        eventually(lambda: (data_dir / "up.json").exists() or process.poll() is not None)
        assert process.poll() is None, (data_dir / "up.log").read_text()
        state = json.loads((data_dir / "up.json").read_bytes())
        with (
            httpx2.Client(base_url=state["api_url"], timeout=20) as http,
            redis.Redis.from_url(state["redis_uri"]) as client,
        ):
            yield System(process, data_dir, http, client)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=10)
