from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from imagejobs.api.endpoints.addresses import Addresses
from imagejobs.jobs.model import EntityType, ImageJob, JobStatus
from imagejobs.storage.memory import MemoryStorage

NOW = datetime(2024, 1, 1, tzinfo=UTC)
OLD, NEW = "http://127.0.0.1:3000/media", "https://images.example"
OUTPUT = "optimized/1700000000000-0123456789ab-optimized.webp"
SMALL = "optimized/1700000000000-0123456789ab-optimized-640.webp"
JOB = ImageJob(
    id="655501d2f12a3d0f3c5a1002",
    entity_type=EntityType.OTHER,
    entity_id="1",
    source_image_url=f"{OLD}/raw/1700000000000-0123456789ab.jpg",
    source_image_key="raw/1700000000000-0123456789ab.jpg",
    output_image_url=f"{OLD}/{OUTPUT}",
    output_image_key=OUTPUT,
    renditions=[
        {"key": OUTPUT, "url": f"{OLD}/{OUTPUT}", "width": 1920},
        {"key": SMALL, "url": f"{OLD}/{SMALL}", "width": 640},
    ],
    status=JobStatus.COMPLETED,
    created_at=NOW,
    updated_at=NOW,
)
ADDRESSES = Addresses(MemoryStorage(NEW))


def test_every_address_follows_the_storage_and_nothing_else_changes() -> None:
    renewed = ADDRESSES.renewed(JOB)

    assert renewed.source_image_url == f"{NEW}/{JOB.source_image_key}"
    assert renewed.output_image_url == f"{NEW}/{OUTPUT}"
    assert renewed.renditions == [
        {"key": OUTPUT, "url": f"{NEW}/{OUTPUT}", "width": 1920},
        {"key": SMALL, "url": f"{NEW}/{SMALL}", "width": 640},
    ]
    addresses = {name: getattr(JOB, name) for name in ("source_image_url", "output_image_url", "renditions")}
    assert replace(renewed, **addresses) == JOB


@pytest.mark.parametrize("key", [None, "", "../raw/x.webp", "optimized//x.webp", "a b.webp", "/optimized/x.webp"])
def test_where_the_key_names_no_object_the_reported_address_is_shown(key: str | None) -> None:
    reported = "https://cdn.example/x.webp"
    job = replace(JOB, output_image_key=key, output_image_url=reported, renditions=[{"key": key, "url": reported}])

    renewed = ADDRESSES.renewed(job)

    assert renewed.output_image_url == reported
    assert renewed.renditions == [{"key": key, "url": reported}]


def test_a_record_of_another_program_may_lack_everything() -> None:
    job = replace(
        JOB, source_image_key="", source_image_url="", output_image_key=None, output_image_url=None, renditions=[{}]
    )
    assert ADDRESSES.renewed(job) == job
    assert ADDRESSES.renewed(replace(job, renditions=None)).renditions is None


def test_a_private_source_is_signed_and_its_output_is_public() -> None:
    renewed = Addresses(MemoryStorage(NEW), timedelta(hours=1)).renewed(JOB)

    assert renewed.source_image_url.startswith(f"{NEW}/{JOB.source_image_key}?expires=")
    assert renewed.output_image_url == f"{NEW}/{OUTPUT}"


def test_a_private_source_under_a_foreign_key_keeps_its_recorded_address() -> None:
    """Nothing here signs such a key, and the public address of a private object would be wrong."""
    job = replace(JOB, source_image_key="uploads/x.jpg")
    renewed = Addresses(MemoryStorage(NEW), timedelta(hours=1)).renewed(job)
    assert renewed.source_image_url == JOB.source_image_url
