from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

from imagejobs.api.endpoints.addresses import Addresses
from imagejobs.api.endpoints.json_forms import event_to_json, job_to_json
from imagejobs.events.model import Event, EventFields, EventWithJobs
from imagejobs.jobs.model import FIELD_NAMES, EntityType, ImageJob, JobStatus
from imagejobs.storage.memory import MemoryStorage

ADDRESSES = Addresses(MemoryStorage("https://pub.example"))
NOW = datetime(2024, 1, 1, tzinfo=UTC)
JOB = ImageJob(
    id="655501d2f12a3d0f3c5a1002",
    entity_type=EntityType.EVENT,
    entity_id="655501d2f12a3d0f3c5a1001",
    source_image_url="https://pub.example/raw/x.jpg",
    source_image_key="raw/x.jpg",
    created_at=NOW,
    updated_at=NOW,
)


def test_unset_fields_are_left_out_and_an_empty_message_is_not() -> None:
    assert job_to_json(JOB, ADDRESSES) == {
        "_id": JOB.id,
        "entityType": "event",
        "entityId": JOB.entity_id,
        "sourceImageURL": JOB.source_image_url,
        "sourceImageKey": "raw/x.jpg",
        "status": "PENDING",
        "errorMsg": "",
        "createdAt": "2024-01-01T00:00:00.000Z",
        "updatedAt": "2024-01-01T00:00:00.000Z",
        "attempt": 0,
        "lostLeases": 0,
    }


def test_what_is_of_no_concern_to_callers_is_not_shown() -> None:
    internal: dict[str, Any] = {"revision": 7, "idempotency_key": "secret"}
    names = {each.name for each in fields(ImageJob)}
    job = ImageJob(**{name: internal.get(name, getattr(JOB, name)) for name in names})
    assert not {FIELD_NAMES[name] for name in internal} & job_to_json(job, ADDRESSES).keys()


def test_an_event_without_a_name_or_images_written_by_others_is_shown() -> None:
    event = Event(id=JOB.entity_id, fields=EventFields(), created_at=NOW, updated_at=NOW)
    shown = event_to_json(EventWithJobs(event, [JOB]), ADDRESSES)
    assert (shown["name"], shown["images"], shown["imageJobIds"]) == ("", [], [JOB.id])


def test_only_completed_jobs_become_images() -> None:
    event = Event(id=JOB.entity_id, fields=EventFields(name="x"), created_at=NOW, updated_at=NOW)
    done = replace(JOB, status=JobStatus.COMPLETED, output_image_url="https://pub.example/optimized/x.webp")
    assert event_to_json(EventWithJobs(event, [JOB, done]), ADDRESSES)["images"] == [
        {"id": JOB.id, "url": "https://pub.example/optimized/x.webp", "status": "COMPLETED"}
    ]
