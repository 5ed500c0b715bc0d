"""The guide's section "Testing", literally: its curl and redis-cli lines against `imagejobs api` alone, no worker.

Only the host's port and the two ids are put in, as the person who follows the guide does.
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
from imagejobs.embedded.mongodb import mongodb, mongodb_uri
from imagejobs.embedded.ports import free_port
from imagejobs.embedded.redis_server import redis_server, redis_uri
from running_system import eventually

SAMPLE = Path(__file__).parent.parent / "samples" / "photo-orientation-6.jpg"
NEEDED = [name for name in ("curl", "redis-cli") if shutil.which(name) is None]
pytestmark = pytest.mark.skipif(bool(NEEDED), reason=f"needs {' and '.join(NEEDED)} on PATH")

CREATE = """curl -X POST http://localhost:3000/api/events \\
  -H "Authorization: Bearer YOUR_TOKEN" \\
  -F "name=Test Event" \\
  -F "community=Test Community" \\
  -F "date=2024-01-01" \\
  -F "tutor[type]=Internal" \\
  -F "tutor[name]=John Doe" \\
  -F "images=@/path/to/image.jpg"
"""
LOOK = """curl http://localhost:3000/api/image-jobs/IMAGE_JOB_ID \\
  -H "Authorization: Bearer YOUR_TOKEN"
"""
PROCESSING = """curl -X PATCH http://localhost:3000/api/image-jobs/IMAGE_JOB_ID/status \\
  -H "Content-Type: application/json" \\
  -d '{"status":"PROCESSING"}'
"""
COMPLETED = """curl -X PATCH http://localhost:3000/api/image-jobs/IMAGE_JOB_ID/status \\
  -H "Content-Type: application/json" \\
  -d '{
    "status":"COMPLETED",
    "outputImageURL":"https://pub-xxx.r2.dev/optimized/test-optimized.webp",
    "outputImageKey":"optimized/test-optimized.webp"
  }'
"""
SHOW = "curl http://localhost:3000/api/events/EVENT_ID"


@dataclass
class Person:
    """Runs the guide's lines on this machine's ports."""

    api_port: int
    redis_port: int

    def curl(self, line: str, **ids: str) -> Any:
        line = line.replace("localhost:3000", f"localhost:{self.api_port}").replace("/path/to/image.jpg", str(SAMPLE))
        for name, value in ids.items():
            line = line.replace(name, value)
        return json.loads(self._run(line.replace("curl ", "curl -sS ", 1)))

    def redis_cli(self, line: str) -> str:
        return self._run(line.replace("redis-cli", f"redis-cli -p {self.redis_port}")).strip()

    def _run(self, line: str) -> str:
        done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=30, check=True)  # noqa: S607 - the shell
        return done.stdout


@pytest.fixture(scope="module")
def person(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    data_dir = tmp_path_factory.mktemp("guide")
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


def test_the_guides_testing_section_gives_the_documented_answers(person: Person) -> None:
    event = person.curl(CREATE)["data"]
    assert event["images"] == []
    (job_id,) = event["imageJobIds"]

    message = f'{{"task_type":"process_image","payload":{{"imageJobID":"{job_id}"}}}}'
    assert person.redis_cli("redis-cli LLEN task_queue") == "1"
    assert person.redis_cli("redis-cli LRANGE task_queue 0 -1") == message

    pending = person.curl(LOOK, IMAGE_JOB_ID=job_id)
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

    assert person.redis_cli("redis-cli BRPOP task_queue 0").splitlines() == ["task_queue", message]
    assert person.curl(PROCESSING, IMAGE_JOB_ID=job_id)["data"]["status"] == "PROCESSING"
    completed = person.curl(COMPLETED, IMAGE_JOB_ID=job_id)["data"]
    assert completed["status"] == "COMPLETED"
    assert completed["processedAt"] >= completed["createdAt"]

    shown = person.curl(SHOW, EVENT_ID=event["_id"])
    assert shown["success"] is True
    assert (shown["data"]["_id"], shown["data"]["name"]) == (event["_id"], "Test Event")
    assert shown["data"]["tutor"] == {"type": "Internal", "name": "John Doe"}
    assert shown["data"]["images"] == [
        {"id": job_id, "url": "https://pub-xxx.r2.dev/optimized/test-optimized.webp", "status": "COMPLETED"}
    ]


def _ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
