"""The flow of tests/clients, with the client that openapi-generator's "python" generates."""

import os
import time
from pathlib import Path
from typing import Any

from image_jobs_client import (
    ApiClient,
    Configuration,
    EntityType,
    Event,
    EventsApi,
    ImageJob,
    ImageJobsApi,
    JobStatus,
    Rendition,
    ReportedStatus,
    StatusUpdate,
)
from image_jobs_client.exceptions import NotFoundException

API_URL = os.environ["API_URL"]
OBJECTS, SAMPLES, RESULT = (Path(os.environ[name]) for name in ("OBJECTS", "SAMPLES", "RESULT"))

client = ApiClient(Configuration(host=API_URL, access_token=os.environ["API_TOKEN"]))
events, image_jobs = EventsApi(client), ImageJobsApi(client)
worker = ImageJobsApi(ApiClient(Configuration(host=API_URL, api_key={"workerToken": os.environ["WORKER_TOKEN"]})))


def new_event(*images: Path) -> Event:
    answer = events.create_event(
        name="Open day",
        community="Riverside",
        var_date="2024-05-01",
        tutor_type="Internal",
        tutor_name="Ada Lovelace",
        images=[(path.name, path.read_bytes()) for path in images],
    )
    return answer.data


def job_of(job_id: str) -> ImageJob:
    return image_jobs.get_image_job(job_id).data


def ended(job_id: str) -> ImageJob:
    deadline = time.monotonic() + 10
    while (job := job_of(job_id)).status not in {JobStatus.COMPLETED, JobStatus.FAILED}:
        assert time.monotonic() < deadline, job
        time.sleep(0.1)
    return job


def report(job_id: str, **update: Any) -> ImageJob:
    return worker.update_image_job_status(job_id, StatusUpdate(**update)).data


def complete(job_id: str) -> None:
    claimed = report(job_id, status=ReportedStatus.PROCESSING, leaseSeconds=30)
    assert job_of(job_id).status == JobStatus.PROCESSING
    result = RESULT.read_bytes()
    key = f"optimized/{Path(claimed.source_image_key).stem}-optimized.webp"
    (OBJECTS / key).write_bytes(result)
    url = f"https://images.example.com/{key}"
    report(
        job_id,
        status=ReportedStatus.COMPLETED,
        attempt=claimed.attempt,
        outputImageKey=key,
        outputImageURL=url,
        renditions=[Rendition(key=key, url=url, width=64, height=48, bytes=len(result))],
        dominantColor="#5791d5",
    )


def fail(job_id: str) -> None:
    attempt = report(job_id, status=ReportedStatus.PROCESSING).attempt
    why = {"errorMsg": "It is damaged.", "errorCode": "corrupt", "retryable": False}
    report(job_id, status=ReportedStatus.FAILED, attempt=attempt, **why)


def refusal(job_id: str) -> NotFoundException | None:
    try:
        image_jobs.get_image_job(job_id)
    except NotFoundException as error:
        return error
    return None


event = new_event(SAMPLES / "soft-alpha.png", SAMPLES / "wide-gamut-p3.jpg")
first, second = event.image_job_ids

complete(first)
fail(second)
assert [rendition.width for rendition in ended(first).renditions or []] == [64]
assert ended(second).error_code == "corrupt"
assert [image.id for image in events.get_event(event.id).data.images] == [first]

failed = image_jobs.list_image_jobs(entity_type=EntityType.EVENT, entity_id=event.id, status=JobStatus.FAILED)
assert [job.id for job in failed.data] == [second]
newest = image_jobs.list_image_jobs(limit=1)
older = image_jobs.list_image_jobs(limit=1, cursor=newest.cursor)
assert [job.id for job in [*newest.data, *older.data]] == [second, first]

assert image_jobs.retry_image_job(second).data.status == JobStatus.PENDING
assert image_jobs.delete_image_job(second).data.id == second
gone = refusal(second)
assert gone is not None
assert gone.data is not None
assert gone.data.error.code == "not_found"
