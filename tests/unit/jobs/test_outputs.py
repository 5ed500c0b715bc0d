"""Which objects belong to a job."""

from dataclasses import replace

import pytest
from imagejobs.jobs.model import ImageJob
from imagejobs.jobs.outputs import keys_of
from worlds.job_world import World

OUTPUT = "optimized/1700000000000-0123456789ab-optimized.webp"


@pytest.fixture
def job() -> ImageJob:
    return replace(World().created(), source_image_key="raw/1700000000000-0123456789ab.jpg")


def test_its_source_its_output_and_each_rendition_that_may_be_there(job: ImageJob) -> None:
    small = "optimized/1700000000000-0123456789ab-optimized-64.webp"
    assert keys_of(job, "optimized/", [64]) == {job.source_image_key, OUTPUT, small}


def test_what_is_recorded_is_its_own_too_below_the_prefix_only(job: ImageJob) -> None:
    recorded = replace(
        job,
        output_image_key="optimized/old.webp",
        renditions=[{"key": "optimized/old-480.webp"}, {"key": "raw/another.jpg"}, {"key": "optimized/../raw/x.jpg"}],
    )
    assert keys_of(recorded, "optimized/", []) == {
        job.source_image_key,
        OUTPUT,
        "optimized/old.webp",
        "optimized/old-480.webp",
    }


def test_a_source_of_others_is_not_the_jobs(job: ImageJob) -> None:
    foreign = replace(job, source_image_key="backups/1700000000000-0123456789ab.jpg", output_image_key=OUTPUT)
    assert keys_of(foreign, "optimized/", [64]) == {OUTPUT}
