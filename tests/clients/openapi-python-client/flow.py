"""The flow of tests/clients, with the client that openapi-python-client generates."""

import os
import time
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

from image_jobs_client import AuthenticatedClient
from image_jobs_client.api.events import create_event, get_event
from image_jobs_client.api.image_jobs import (
    delete_image_job,
    get_image_job,
    list_image_jobs,
    retry_image_job,
    update_image_job_status,
)
from image_jobs_client.models import (
    CreateEventForm,
    DeletedAnswer,
    EntityType,
    ErrorAnswer,
    Event,
    EventAnswer,
    ImageJob,
    ImageJobAnswer,
    ImageJobPage,
    JobStatus,
    Rendition,
    ReportedStatus,
    StatusUpdate,
)
from image_jobs_client.types import File

API_URL = os.environ["API_URL"]
OBJECTS, SAMPLES, RESULT = (Path(os.environ[name]) for name in ("OBJECTS", "SAMPLES", "RESULT"))

client = AuthenticatedClient(API_URL, os.environ["API_TOKEN"])
worker = AuthenticatedClient(API_URL, os.environ["WORKER_TOKEN"], prefix="", auth_header_name="X-Worker-Token")

T = TypeVar("T")


def good(kind: type[T], answer: object) -> T:
    assert isinstance(answer, kind), answer
    return answer


def new_event(*images: Path) -> Event:
    form = CreateEventForm(
        name="Open day",
        community="Riverside",
        date="2024-05-01",
        tutortype="Internal",
        tutorname="Ada Lovelace",
        images=[File(path.open("rb"), path.name) for path in images],
    )
    return good(EventAnswer, create_event.sync(client=client, body=form)).data


def job_of(job_id: str) -> ImageJob:
    return good(ImageJobAnswer, get_image_job.sync(job_id, client=client)).data


def ended(job_id: str) -> ImageJob:
    deadline = time.monotonic() + 10
    while (job := job_of(job_id)).status not in {JobStatus.COMPLETED, JobStatus.FAILED}:
        assert time.monotonic() < deadline, job
        time.sleep(0.1)
    return job


def report(job_id: str, status: ReportedStatus, **facts: Any) -> ImageJob:
    update = StatusUpdate(status=status, **facts)
    return good(ImageJobAnswer, update_image_job_status.sync(job_id, client=worker, body=update)).data


def complete(job_id: str) -> None:
    claimed = report(job_id, ReportedStatus.PROCESSING, lease_seconds=30)
    assert job_of(job_id).status == JobStatus.PROCESSING
    result = RESULT.read_bytes()
    key = f"optimized/{Path(claimed.source_image_key).stem}-optimized.webp"
    (OBJECTS / key).write_bytes(result)
    url = f"https://images.example.com/{key}"
    report(
        job_id,
        ReportedStatus.COMPLETED,
        attempt=claimed.attempt,
        output_image_key=key,
        output_image_url=url,
        renditions=[Rendition(key=key, url=url, width=64, height=48, bytes_=len(result))],
        dominant_color="#5791d5",
    )


def fail(job_id: str) -> None:
    attempt = report(job_id, ReportedStatus.PROCESSING).attempt
    why = {"error_msg": "It is damaged.", "error_code": "corrupt", "retryable": False}
    report(job_id, ReportedStatus.FAILED, attempt=attempt, **why)


def page(**query: Any) -> ImageJobPage:
    return good(ImageJobPage, list_image_jobs.sync(client=client, **query))


event = new_event(SAMPLES / "soft-alpha.png", SAMPLES / "wide-gamut-p3.jpg")
first, second = event.image_job_ids

complete(first)
fail(second)
assert [rendition.width for rendition in ended(first).renditions or []] == [64]
assert ended(second).error_code == "corrupt"

shown = good(EventAnswer, get_event.sync(event.field_id, client=client)).data
assert [image.id for image in shown.images] == [first]

failed = page(entity_type=EntityType.EVENT, entity_id=event.field_id, status=JobStatus.FAILED)
assert [job.field_id for job in failed.data] == [second]
newest = page(limit=1)
older = page(limit=1, cursor=newest.cursor)
assert [job.field_id for job in [*newest.data, *older.data]] == [second, first]

retried = good(ImageJobAnswer, retry_image_job.sync(second, client=client)).data
assert retried.status == JobStatus.PENDING
assert good(DeletedAnswer, delete_image_job.sync(second, client=client)).data.field_id == second
gone = get_image_job.sync_detailed(second, client=client)
assert gone.status_code == HTTPStatus.NOT_FOUND
assert good(ErrorAnswer, gone.parsed).error.code == "not_found"
