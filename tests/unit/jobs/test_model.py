import pytest
from imagejobs.jobs.model import FIELD_NAMES, JobStatus


@pytest.mark.parametrize(
    ("attribute", "name"),
    [
        ("id", "_id"),
        ("entity_id", "entityId"),
        ("source_image_url", "sourceImageURL"),
        ("source_image_key", "sourceImageKey"),
        ("output_image_url", "outputImageURL"),
        ("output_image_key", "outputImageKey"),
        ("error_msg", "errorMsg"),
        ("original_filename", "originalFilename"),
        ("file_size", "fileSize"),
        ("processed_at", "processedAt"),
        ("lease_until", "leaseUntil"),
    ],
)
def test_the_names_are_the_guides(attribute: str, name: str) -> None:
    assert FIELD_NAMES[attribute] == name


def test_completed_and_failed_are_terminal() -> None:
    assert {each for each in JobStatus if each.is_terminal} == {JobStatus.COMPLETED, JobStatus.FAILED}
