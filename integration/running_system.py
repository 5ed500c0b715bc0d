"""A running system as tests see it: its HTTP interface, its Redis, its storage and its processes."""

import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx2
import psutil
import pytest
import redis
from imagejobs.storage.object_storage import ObjectStorage

T = TypeVar("T")
DEADLINE = 60.0
QUICK = {
    "LEASE_SECONDS": "3",
    "RECONCILE_INTERVAL": "0.5",
    "PENDING_AFTER": "3",
    "SWEEP_INTERVAL": "2",
    "VALIDATE_RESPONSES": "true",
    "RENDITIONS": "320,160",
}
"""Short periods, so that tests need not wait long; also checked answers and two renditions an image."""


def eventually(ask: Callable[..., T | None], seconds: float = DEADLINE, say: Callable[[], str] = str) -> T:
    """Call `ask` until its result is truthy. After `seconds` fail the test with the last result and `say()`."""
    deadline = time.monotonic() + seconds
    while True:
        if answer := ask():
            return answer
        if time.monotonic() > deadline:
            pytest.fail(f"not true within {seconds} s: the last answer was {answer!r} {say()}")
        time.sleep(0.02)


@contextmanager
def paused(process: psutil.Process) -> Iterator[None]:
    """Stop a process and its descendants with SIGSTOP for the length of the block."""
    family = family_of(process)
    signal_each(family, signal.SIGSTOP)
    try:
        yield
    finally:
        signal_each(family, signal.SIGCONT)


def family_of(process: psutil.Process) -> list[psutil.Process]:
    """The process and all its descendants."""
    return [process, *process.children(recursive=True)]


def signal_each(processes: Iterable[psutil.Process], sent: signal.Signals) -> None:
    """Send a signal to each process, except those that have already ended."""
    for each in processes:
        with suppress(psutil.NoSuchProcess):
            each.send_signal(sent)


@dataclass(frozen=True, slots=True)
class System:
    """A running system. `pid` gives the current id of `api`, `queue-adapter`, `worker` or `reconciler`."""

    http: httpx2.Client
    redis: "redis.Redis"
    storage: ObjectStorage
    pid: Callable[[str], int]

    def process(self, name: str) -> psutil.Process:
        """One of the system's processes. The children of `worker` are Dramatiq's worker processes."""
        return psutil.Process(self.pid(name))

    def is_ready(self) -> bool:
        """Whether `/readyz` answers 200."""
        try:
            return self.http.get("/readyz").status_code == 200
        except httpx2.TransportError:
            return False

    def create_event(self, *images: tuple[str, bytes]) -> dict[str, Any]:
        """Create the guide's event with these images and return the `data` of the answer."""
        texts = {"name": "Test Event", "community": "Test Community", "date": "2024-01-01"}
        tutor = {"tutor[type]": "Internal", "tutor[name]": "John Doe"}
        return self._sent("POST", "/api/events", texts | tutor, images)

    def add_images(self, event_id: str, *images: tuple[str, bytes]) -> dict[str, Any]:
        """Add images to an event and return the `data` of the answer."""
        return self._sent("PUT", f"/api/events/{event_id}", {}, images)

    def _sent(
        self, method: str, path: str, texts: dict[str, str], images: tuple[tuple[str, bytes], ...]
    ) -> dict[str, Any]:
        answer = self.http.request(method, path, data=texts, files=[("images", image) for image in images])
        assert answer.is_success, answer.text
        data: dict[str, Any] = answer.json()["data"]
        return data

    def create_job(self, name: str, content: bytes) -> str:
        """Upload one image and return the job's id."""
        fields = {"entityType": "other", "entityId": "test"}
        answer = self.http.post("/api/image-jobs", data=fields, files={"image": (name, content)})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["data"]["_id"])

    def job(self, job_id: str) -> dict[str, Any]:
        """The job's current record."""
        job: dict[str, Any] = self.http.get(f"/api/image-jobs/{job_id}").json()["data"]
        return job

    def ended(self, job_id: str, seconds: float = DEADLINE) -> dict[str, Any]:
        """Wait until the job is COMPLETED or FAILED, and return it."""
        return eventually(
            lambda: job if (job := self.job(job_id))["status"] in {"COMPLETED", "FAILED"} else None, seconds
        )
