"""Clients made from the contract by public generators: each is generated, compiled and run against the API.

Every client runs the same flow in its own language. It creates an event with two images, claims both jobs as a worker,
and reports one COMPLETED and one FAILED. Then it polls the jobs, reads the event, pages through lists, retries and
deletes a job, and reads an error as the contract describes it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from clients.recipe import load, names, workshop
from imagejobs.api.app import Adapters, create_app
from imagejobs.events.memory_repository import MemoryEventRepository
from imagejobs.jobs.records.memory import MemoryImageJobRepository
from imagejobs.storage.filesystem import FilesystemStorage
from imagejobs.task_queue.memory_task_queue import MemoryTaskQueue
from servers.api_server import served
from worlds.api_requests import SAMPLES, image_bytes
from worlds.memory_api import CLIENT_TOKENS, WORKER_TOKENS, memory_settings

CONTRACT = SAMPLES.parent / "contracts/openapi.yaml"
WIDTH, HEIGHT = 64, 48


@dataclass(frozen=True)
class Deployment:
    """An API that requires tokens, and the storage folder that it shares with its clients."""

    url: str
    objects: Path

    def environment(self) -> dict[str, str]:
        """The environment variables of a flow. Its worker uploads the file RESULT as the result of a conversion."""
        result = self.objects.parent / "result.webp"
        result.write_bytes(image_bytes("webp", WIDTH, HEIGHT))
        return {
            "API_URL": self.url,
            "API_TOKEN": CLIENT_TOKENS[0],
            "WORKER_TOKEN": WORKER_TOKENS[0],
            "OBJECTS": str(self.objects),
            "SAMPLES": str(SAMPLES),
            "RESULT": str(result),
        }


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    """A running API with its own storage; it also validates its responses against the contract."""
    objects = tmp_path / "objects"
    (objects / "optimized").mkdir(parents=True)
    settings = memory_settings(api_tokens=CLIENT_TOKENS, worker_tokens=WORKER_TOKENS)
    storage = FilesystemStorage(objects, "https://images.example.com", b"")
    adapters = Adapters(MemoryImageJobRepository(), MemoryEventRepository(), storage, MemoryTaskQueue())
    with served(create_app(settings, adapters)) as url:
        yield Deployment(url, objects)


@pytest.mark.parametrize("name", names())
def test_client(name: str, deployment: Deployment, tmp_path: Path) -> None:
    """The client is generated without warnings and compiles, and its flow succeeds."""
    recipe = load(name)
    if missing := recipe.missing():
        pytest.skip(f"{name} needs {', '.join(missing)} on PATH")
    shop = workshop(recipe, tmp_path / "client", CONTRACT)
    warnings = recipe.warnings(shop.sh(recipe.generate))
    assert not warnings, "\n".join(warnings)
    shop.sh(recipe.compile)
    shop.sh(recipe.run, **deployment.environment())
    assert_sent(deployment)


def assert_sent(deployment: Deployment) -> None:
    """Check the records that every flow must leave: no field was lost or changed on its way to the API."""
    with httpx2.Client(base_url=deployment.url, headers={"Authorization": f"Bearer {CLIENT_TOKENS[0]}"}) as http:
        [event] = http.get("/api/events").json()["data"]
        [job] = http.get("/api/image-jobs").json()["data"]
    assert (event["name"], event["community"]) == ("Open day", "Riverside")
    assert event["date"] == "2024-05-01T00:00:00.000Z"
    assert event["tutor"] == {"type": "Internal", "name": "Ada Lovelace"}
    assert event["imageJobIds"] == [job["_id"]]
    assert_completed(job)


def assert_completed(job: dict[str, Any]) -> None:
    """Check the fields of the one job that the flow leaves: its claim, its source and its result."""
    sample = SAMPLES / "soft-alpha.png"
    assert (job["status"], job["attempt"]) == ("COMPLETED", 1)
    assert (job["originalFilename"], job["fileSize"]) == (sample.name, sample.stat().st_size)
    assert job["dominantColor"] == "#5791d5"
    [rendition] = job["renditions"]
    assert (rendition["key"], rendition["width"], rendition["height"]) == (job["outputImageKey"], WIDTH, HEIGHT)
