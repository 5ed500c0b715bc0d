"""Object keys: which of them are a job's own, and what can be read from them."""

from datetime import UTC, datetime

import pytest
from imagejobs.storage.keys import (
    named_at,
    new_raw_key,
    output_key,
    output_of_rendition,
    rendition_key,
    result_stem,
    upload_stem,
)

STEM = "1700000000000-0123456789ab"
PREFIX = "a/results/"


def test_what_is_made_is_recognised() -> None:
    raw = new_raw_key(1700000000000, "jpg")
    output = output_key(raw, PREFIX)
    stem = upload_stem(raw)
    assert stem
    assert raw == f"raw/{stem}.jpg"
    assert result_stem(output, PREFIX) == result_stem(rendition_key(output, 480), PREFIX) == stem
    assert named_at(stem) == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


def test_the_guides_names_are_jobs_own() -> None:
    assert upload_stem("raw/1234567890-abc123def456.JPG") == "1234567890-abc123def456"
    assert result_stem("optimized/1234567891-def789ghi012-optimized.webp", "optimized/") == "1234567891-def789ghi012"


@pytest.mark.parametrize(
    "key",
    [
        "raw/photo.jpg",
        f"raw/{STEM}",
        f"raw/{STEM}.jpg.bak",
        f"raw/old/{STEM}.jpg",
        f"other/raw/{STEM}.jpg",
        f"raw/{STEM}0.jpg",
        f"raw/x{STEM}.jpg",
        f"raw/{STEM}.jpg\n",
        "raw/170000000-0123456789ab.jpg",
        f"raw/{STEM}-optimized.webp",
        f"{PREFIX}{STEM}.webp",
    ],
)
def test_any_other_name_is_no_upload(key: str) -> None:
    assert upload_stem(key) is None


@pytest.mark.parametrize(
    "key",
    [
        f"{PREFIX}logo.webp",
        f"{PREFIX}{STEM}.webp",
        f"{PREFIX}{STEM}-optimized",
        f"{PREFIX}{STEM}-optimized-.webp",
        f"{PREFIX}{STEM}-optimized-480-2.webp",
        f"{PREFIX}{STEM}-optimized-123456.webp",
        f"{PREFIX}deeper/{STEM}-optimized.webp",
        f"results/{STEM}-optimized.webp",
        f"{STEM}-optimized.webp",
        f"raw/{STEM}.jpg",
    ],
)
def test_any_other_name_is_no_result(key: str) -> None:
    assert result_stem(key, PREFIX) is None


def test_a_rendition_lies_beside_its_output() -> None:
    output = f"{PREFIX}{STEM}-optimized.webp"
    assert output_of_rendition(rendition_key(output, 480)) == output
    assert output_of_rendition(output) == output
    assert output_of_rendition("a/x-optimized-480/b.webp") == "a/x-optimized-480/b.webp"
