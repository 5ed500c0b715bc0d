"""SIGTERM to `imagejobs api` while its storage accepts connections and never answers."""

import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from functional.api.api_process import ApiProcess, api_process
from imagejobs.api.server import GRACEFUL_SECONDS, LEAVING_SECONDS
from imagejobs.embedded.services.ports import LOOPBACK
from servers.processes import mongo_server
from worlds.api_requests import image_file

SLACK_SECONDS = 5.0
"""Allowance for a busy machine. Without the API's own limits, the storage's client would wait 90 s."""


class HangingStorage:
    """A server that accepts connections and never reads from them."""

    def __init__(self) -> None:
        self._server = socket.create_server((LOOPBACK, 0))
        self._server.settimeout(30)
        self._taken: list[socket.socket] = []
        self.port = self._server.getsockname()[1]

    def is_asked(self) -> None:
        """Wait for another connection."""
        self._taken.append(self._server.accept()[0])

    def close(self) -> None:
        for each in (*self._taken, self._server):
            each.close()


@pytest.fixture
def hanging_storage() -> Iterator[HangingStorage]:
    storage = HangingStorage()
    yield storage
    storage.close()


@pytest.fixture
def api(hanging_storage: HangingStorage, tmp_path: Path) -> Iterator[ApiProcess]:
    """A running API with this storage."""
    storage = {
        "STORAGE": "s3",
        "R2_ENDPOINT": f"http://{LOOPBACK}:{hanging_storage.port}",
        "R2_ACCESS_KEY_ID": "id",
        "R2_SECRET_ACCESS_KEY": "key",
        "R2_BUCKET": "bucket",
        "R2_PUBLIC_URL": "https://pub.example",
    }
    with (
        mongo_server() as mongodb,
        api_process(tmp_path, MONGODB_URI=mongodb.uri("stopping"), **storage) as running,
    ):
        yield running


def test_readiness_answers_and_sigterm_ends_it_with_an_answer_to_what_it_cuts_off(
    api: ApiProcess, hanging_storage: HangingStorage
) -> None:
    begun = time.monotonic()
    ready = api.http.get("/readyz")
    assert time.monotonic() - begun < 3 + SLACK_SECONDS
    assert (ready.status_code, ready.json()["error"]["code"]) == (503, "not_ready")
    assert "storage" in ready.json()["message"]

    answers: list[httpx2.Response] = []

    def upload() -> None:
        fields = {"entityType": "other", "entityId": "1"}
        files = {"image": image_file()}
        answers.append(
            api.http.post("/api/image-jobs", data=fields, files=files, headers={"Idempotency-Key": "the-upload"})
        )

    hanging_storage.is_asked()  # the connection of /readyz
    uploading = threading.Thread(target=upload, name="upload")
    uploading.start()
    hanging_storage.is_asked()  # the connection of the upload
    told = time.monotonic()
    api.process.send_signal(signal.SIGTERM)
    code = api.process.wait(GRACEFUL_SECONDS + LEAVING_SECONDS + SLACK_SECONDS)
    uploading.join(SLACK_SECONDS)
    assert code == 0, f"after {time.monotonic() - told:.1f} s: {api.log.read_text()}"
    (answer,) = answers
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "stopping")
    assert "Traceback" not in api.log.read_text()
