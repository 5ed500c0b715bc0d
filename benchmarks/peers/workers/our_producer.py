"""Uploads a tiny image for each job to this project's API, which returns the job's id."""

import io
import os

from imagejobs.client.api_client import ApiClient, Part
from PIL import Image
from producing import produce

_api = ApiClient(os.environ["API_URL"])
_picture = io.BytesIO()
Image.new("RGB", (16, 16), "teal").save(_picture, "PNG")


def enqueue(job_id: str) -> str:
    """Upload one image."""
    image = io.BytesIO(_picture.getvalue())
    parts: list[Part] = [("entityType", (None, "other")), ("entityId", (None, job_id)), ("image", ("tiny.png", image))]
    return str(_api.call("createImageJob", parts=parts, headers={"Idempotency-Key": job_id}).data["_id"])


produce(enqueue)
