"""What S3Storage does without contacting a server."""

from datetime import timedelta

import pytest
from imagejobs.errors import ConfigurationError
from imagejobs.storage.s3 import S3Storage

KEY = "raw/1.jpg"


def storage_at(endpoint: str, bucket: str = "images", region: str = "auto") -> S3Storage:
    return S3Storage(endpoint, "access", "secret", bucket, "https://pub.example", region)


@pytest.mark.parametrize(
    ("endpoint", "bucket", "region"),
    [
        ("http://127.0.0.1/path", "images", "auto"),
        ("http://127.0.0.1", "Not A Bucket", "auto"),
        ("http://127.0.0.1", "images", "not a region"),
    ],
)
def test_settings_that_cannot_be_right_are_refused_at_once(endpoint: str, bucket: str, region: str) -> None:
    with pytest.raises(ConfigurationError, match="R2_ENDPOINT, R2_BUCKET or R2_REGION"):
        storage_at(endpoint, bucket, region)


def test_the_public_address_is_the_base_and_the_key_quoted() -> None:
    assert storage_at("http://127.0.0.1").public_url("raw/a b?.jpg") == "https://pub.example/raw/a%20b%3F.jpg"


def test_addresses_are_made_without_asking_the_server() -> None:
    signed = storage_at("http://127.0.0.1:9", region="auto").presigned_url(KEY, timedelta(minutes=5))
    assert signed.startswith(f"http://127.0.0.1:9/images/{KEY}?")
    assert "X-Amz-Expires=300" in signed
    assert "%2Fauto%2Fs3%2F" in signed
