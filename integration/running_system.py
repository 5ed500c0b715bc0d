"""A running `imagejobs up`, seen from outside."""

import json
import subprocess
import time
from collections.abc import Callable
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
