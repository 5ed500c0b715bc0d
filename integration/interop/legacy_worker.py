"""The existing worker as the guide describes it: an independent program that our API must work with unchanged.

It knows no tokens, attempts or leases, downloads by plain HTTP, and continues whatever its PATCHes are answered. It
writes one JSON line for each step. Its settings are the guide's environment variables and API_URL.
"""

import argparse
import io
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from minio import Minio
from minio.error import S3Error
from PIL import Image
from redis import Redis

TIMEOUT = 30.0


def say(did: str, **what: Any) -> None:
    os.write(1, json.dumps({"did": did, **what}).encode() + b"\n")


class Backend:
    """The guide's two API calls, sent without a token."""

    def __init__(self, url: str, *, lower_case: bool) -> None:
        self._url = url
        self._lower_case = lower_case

    def job(self, job_id: str) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self._url}/api/image-jobs/{job_id}", timeout=TIMEOUT) as answer:  # noqa: S310 - http only
            data: dict[str, Any] = json.load(answer)["data"]
            return data

    def report(self, job_id: str, status: str, **fields: str) -> None:
        """Send a PATCH. The status code of the answer is logged and otherwise ignored."""
        status = status.lower() if self._lower_case else status
        request = urllib.request.Request(  # noqa: S310 - http only
            f"{self._url}/api/image-jobs/{job_id}/status",
            json.dumps({"status": status, **fields}).encode(),
            {"Content-Type": "application/json"},
            method="PATCH",
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310 - http only
                code = answer.status
        except urllib.error.HTTPError as refused:
            code = refused.code
        say("reported", job=job_id, status=status, answer=code, **fields)


class Bucket:
    """The bucket for results, and its public address."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        endpoint = urlsplit(settings["R2_ENDPOINT"])
        self._client = Minio(
            endpoint.netloc,
            access_key=settings["R2_ACCESS_KEY_ID"],
            secret_key=settings["R2_SECRET_ACCESS_KEY"],
            region=settings["R2_REGION"],
            secure=endpoint.scheme == "https",
        )
        self._name = settings["R2_BUCKET"]
        self._public_url = settings["R2_PUBLIC_URL"]

    def upload(self, key: str, content: bytes) -> str:
        self._client.put_object(self._name, key, io.BytesIO(content), len(content), "image/webp")
        return f"{self._public_url}/{key}"


class Worker:
    """Pops one task after the other from the list and executes it."""

    def __init__(self, backend: Backend, bucket: Bucket, seconds_per_image: float) -> None:
        self._backend = backend
        self._bucket = bucket
        self._seconds_per_image = seconds_per_image
        self._handlers: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
            "process_image": self.process_image,
            "send_email": self.send_email,
        }

    def run(self, queue: Redis) -> None:
        while True:
            _, raw = queue.brpop(["task_queue"], 0) or ("", "{}")
            task = json.loads(raw)
            try:
                self._handlers[task["task_type"]](task["payload"])
            except (KeyError, OSError) as error:
                say("gave up", error=repr(error), task=task)

    def send_email(self, payload: Mapping[str, Any]) -> None:
        say("sent", to=payload["to"])

    def process_image(self, payload: Mapping[str, Any]) -> None:
        job_id = payload["imageJobID"]
        say("popped", job=job_id)
        job = self._backend.job(job_id)
        self._backend.report(job_id, "PROCESSING")
        try:
            with urllib.request.urlopen(job["sourceImageURL"], timeout=TIMEOUT) as answer:  # noqa: S310 - as the guide has it
                source = answer.read()
            result = self._convert(source)
            key = f"optimized/{PurePosixPath(job['sourceImageKey']).stem}-optimized.webp"
            url = self._bucket.upload(key, result)
        except (OSError, S3Error) as error:
            self._backend.report(job_id, "FAILED", errorMsg=f"Failed to process image: {error}")
            return
        say("converted", job=job_id, source=job["sourceImageURL"])
        self._backend.report(job_id, "COMPLETED", outputImageURL=url, outputImageKey=key)

    def _convert(self, source: bytes) -> bytes:
        time.sleep(self._seconds_per_image)
        result = io.BytesIO()
        with Image.open(io.BytesIO(source)) as picture:
            picture.save(result, "WEBP", quality=80)
        return result.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lower-case", action="store_true", help="send statuses as the guide's Go sample does")
    parser.add_argument("--seconds-per-image", type=float, default=0, help="minimum duration of a conversion")
    options = parser.parse_args()
    worker = Worker(
        Backend(os.environ["API_URL"], lower_case=options.lower_case), Bucket(os.environ), options.seconds_per_image
    )
    # No socket timeout: redis-py's default would interrupt a BRPOP that blocks for ever.
    worker.run(Redis.from_url(os.environ["REDIS_URI"], socket_timeout=None))


if __name__ == "__main__":
    main()
