"""Requests that many tests of the API send, and checks of their responses."""

import io
import json
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
from PIL import Image
from starlette.testclient import TestClient

SAMPLES = Path(__file__).parents[2] / "samples"
UNKNOWN_ID = "0123456789abcdef01234567"
JSON_TYPE = {"Content-Type": "application/json"}
OUTPUT = {"outputImageKey": "optimized/x-optimized.webp", "outputImageURL": "https://pub.example/x-optimized.webp"}
OUTPUT_URL = "http://storage.invalid/optimized/x-optimized.webp"
"""The URL that the API shows for OUTPUT: built by its own storage from the key, not the URL that the worker sent."""


@cache
def image_bytes(name: str = "png", width: int = 8, height: int = 6) -> bytes:
    """A small, complete image in the format `name`: png, jpeg, gif or webp."""
    out = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(out, name)
    return out.getvalue()


def image_file(name: str = "photo.png", data: bytes | None = None) -> tuple[str, bytes]:
    """A file part of a form, with a small PNG unless `data` is given."""
    return name, image_bytes() if data is None else data


def created_job(client: TestClient | httpx2.Client, entity_id: str = "e1", data: bytes | None = None) -> dict[str, Any]:
    """Create a job by POST /api/image-jobs; the job as the API returns it."""
    answer = client.post(
        "/api/image-jobs",
        data={"entityType": "report", "entityId": entity_id},
        files={"image": image_file(data=data)},
    )
    assert answer.status_code == 201, answer.text
    return dict(answer.json()["data"])


def patched(client: TestClient, job_id: str, **said: Any) -> Any:
    """Send PATCH /api/image-jobs/{id}/status with these fields; the response."""
    return client.patch(f"/api/image-jobs/{job_id}/status", content=json.dumps(said), headers=JSON_TYPE)


def assert_error(answer: Any, status: int, code: str) -> str:
    """Check that the response is the contract's error with this status and code. Returns its message."""
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text
    assert answer.json()["success"] is False
    assert answer.headers["content-type"] == "application/json"
    return str(answer.json()["message"])
