"""The documents' walk-throughs, run literally: their curl and redis-cli lines against `imagejobs api`, no worker.

The documents are docs/reference/protocol.md and the worker integration guide, a file that the environment variable
WORKER_INTEGRATION_GUIDE names. The tests replace only the ports, the image's path and the two ids, as a reader would.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from contract.document_samples import RedisLine, Request, samples, section
from imagejobs.embedded.services.mongodb import mongodb, mongodb_uri
from imagejobs.embedded.services.ports import free_port
from imagejobs.embedded.services.redis_server import redis_server, redis_uri
from running_system import eventually

SAMPLE = Path(__file__).parent.parent / "samples" / "photo-orientation-6.jpg"
NEEDED = [name for name in ("curl", "redis-cli") if shutil.which(name) is None]
pytestmark = pytest.mark.skipif(bool(NEEDED), reason=f"needs {' and '.join(NEEDED)} on PATH")

GUIDE_VARIABLE = "WORKER_INTEGRATION_GUIDE"
GUIDE = os.environ.get(GUIDE_VARIABLE)
PROTOCOL = Path(__file__).parent.parent / "docs" / "reference" / "protocol.md"
WALKS = [
    pytest.param(PROTOCOL, "By hand", id="protocol"),
    pytest.param(
        Path(GUIDE or "-"),
        "Testing",
        id="guide",
        marks=pytest.mark.skipif(not GUIDE, reason=f"{GUIDE_VARIABLE} does not name the guide's file"),
    ),
]


@dataclass
class Person:
    """Runs the lines of a document with this test's ports."""

    api_port: int
    redis_port: int

    def curl(self, request: Request, **ids: str) -> Any:
        line = request.command.replace("localhost:3000", f"localhost:{self.api_port}").replace(
            "/path/to/image.jpg", str(SAMPLE)
        )
        for name, value in ids.items():
            line = line.replace(name, value)
        return json.loads(self._run(line.replace("curl ", "curl -sS ", 1)))

    def redis_cli(self, line: RedisLine) -> str:
        return self._run(line.command.replace("redis-cli ", f"redis-cli -p {self.redis_port} ", 1)).strip()

    def _run(self, line: str) -> str:
        done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=30, check=True)  # noqa: S607 - the shell
        return done.stdout


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    (data_dir / "logs").mkdir()
    ports = Person(free_port(), free_port())
    mongo_port = free_port()
    env = {name: value for name, value in os.environ.items() if not name.endswith("_TOKENS")} | {
        "REDIS_URI": redis_uri(ports.redis_port),
        "MONGODB_URI": mongodb_uri(mongo_port),
        "STORAGE": "filesystem",
        "DATA_DIR": str(data_dir),
        "API_PORT": str(ports.api_port),
        "VALIDATE_RESPONSES": "true",
    }
    services = [redis_server(data_dir, ports.redis_port), mongodb(data_dir, mongo_port)]
    commands = [list(each.argv) for each in services] + [[sys.executable, "-m", "imagejobs", "api"]]
    with (data_dir / "log").open("wb") as log:
        processes = [subprocess.Popen(command, env=env, stdout=log, stderr=log) for command in commands]
    try:
        eventually(lambda: _ready(ports.api_port), 30)
        yield ports
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(timeout=10)


@pytest.mark.parametrize(("document", "title"), WALKS)
def test_the_documents_lines_give_the_documented_answers(person: Person, document: Path, title: str) -> None:
    create, length, waiting, look, take, processing, completed, show = lines(document, title)
    event = person.curl(create)["data"]
    assert event["images"] == []
    (job_id,) = event["imageJobIds"]

    message = f'{{"task_type":"process_image","payload":{{"imageJobID":"{job_id}"}}}}'
    assert person.redis_cli(length) == "1"
    assert person.redis_cli(waiting) == message

    pending = person.curl(look, IMAGE_JOB_ID=job_id)
    assert pending["success"] is True
    job = pending["data"]
    assert {
        "_id": job_id,
        "entityType": "event",
        "entityId": event["_id"],
        "status": "PENDING",
        "errorMsg": "",
        "originalFilename": SAMPLE.name,
        "mimetype": "image/jpeg",
        "fileSize": SAMPLE.stat().st_size,
    }.items() <= job.items()
    assert re.fullmatch(r"raw/\d{13}-[0-9a-f]{12}\.jpg", job["sourceImageKey"])
    assert job["sourceImageURL"].endswith(job["sourceImageKey"])
    assert urllib.request.urlopen(job["sourceImageURL"], timeout=10).read() == SAMPLE.read_bytes()  # noqa: S310 - ours
    assert not {"outputImageURL", "outputImageKey", "processedAt"} & job.keys()

    assert person.redis_cli(take).splitlines() == ["task_queue", message]
    assert person.curl(processing, IMAGE_JOB_ID=job_id)["data"]["status"] == "PROCESSING"
    key = json.loads(completed.body)["outputImageKey"]
    url = job["sourceImageURL"].replace(job["sourceImageKey"], key)  # the reported URL is ignored
    done = person.curl(completed, IMAGE_JOB_ID=job_id)["data"]
    assert (done["status"], done["outputImageKey"], done["outputImageURL"]) == ("COMPLETED", key, url)
    assert done["processedAt"] >= done["createdAt"]

    shown = person.curl(show, EVENT_ID=event["_id"])
    assert shown["success"] is True
    form = dict(create.fields)
    assert (shown["data"]["_id"], shown["data"]["name"]) == (event["_id"], form["name"])
    assert (shown["data"]["community"], shown["data"]["date"][:10]) == (form["community"], form["date"])
    assert shown["data"]["tutor"] == {"type": form["tutor[type]"], "name": form["tutor[name]"]}
    assert shown["data"]["images"] == [{"id": job_id, "url": url, "status": "COMPLETED"}]


def lines(document: Path, title: str) -> list[Any]:
    """The section's curl and redis-cli lines, in the order of the document."""
    found = samples(section(document.read_text(encoding="utf-8"), title))
    return [each for each in found if isinstance(each, Request | RedisLine) and each.command]


def _ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
