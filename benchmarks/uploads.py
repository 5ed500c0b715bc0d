"""Uploads an image and waits for its job, as a client does."""

import io
import time
from typing import Any

from imagejobs.client.api_client import ApiClient, Part

POLL_SECONDS = 0.005
WAIT_SECONDS = 300.0


def upload(api: ApiClient, picture: bytes) -> str:
    """Upload one image and return the job's id."""
    parts: list[Part] = [
        ("entityType", (None, "other")),
        ("entityId", (None, "bench")),
        ("image", ("bench.jpg", io.BytesIO(picture))),
    ]
    return str(api.call("createImageJob", parts=parts).data["_id"])


def wait(api: ApiClient, job_id: str, pause: float = POLL_SECONDS) -> dict[str, Any]:
    """Poll until the job is COMPLETED, and return it."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        job = api.call("getImageJob", path={"id": job_id}).data
        if job["status"] == "COMPLETED":
            return dict(job)
        if job["status"] == "FAILED":
            raise SystemExit(f"job {job_id} failed: {job['errorMsg']}")
        time.sleep(pause)
    raise SystemExit(f"job {job_id} did not end")
