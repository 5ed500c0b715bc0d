import io
from pathlib import Path
from typing import Any

import pytest
from imagejobs.errors import ConfigurationError
from imagejobs.settings.settings import Settings
from imagejobs.storage.filesystem import FilesystemStorage
from imagejobs.storage.s3 import S3Storage
from imagejobs.wiring.storage import open_storage

S3 = {
    "r2_endpoint": "https://account.r2.cloudflarestorage.com",
    "r2_access_key_id": "access",
    "r2_secret_access_key": "secret",
    "r2_bucket": "images",
    "r2_public_url": "https://pub-xxx.r2.dev/",
}


def settings(**values: Any) -> Settings:
    return Settings(_env_file=None, **values)


def test_s3_is_opened_without_asking_it() -> None:
    storage = open_storage(settings(storage="s3", **S3))
    assert isinstance(storage, S3Storage)
    assert storage.public_url("raw/1.jpg") == "https://pub-xxx.r2.dev/raw/1.jpg"


def test_files_lie_below_the_data_directory_and_processes_share_the_signing_key(tmp_path: Path) -> None:
    values = {"storage": "filesystem", "data_dir": tmp_path, "api_port": 3000}
    one, other = (open_storage(settings(**values)) for _ in range(2))
    assert isinstance(one, FilesystemStorage)
    assert isinstance(other, FilesystemStorage)
    one.put("raw/1.jpg", io.BytesIO(b"body"), 4, "image/jpeg")
    assert (tmp_path / "objects" / "raw" / "1.jpg").read_bytes() == b"body"
    assert one.public_url("raw/1.jpg") == "http://127.0.0.1:3000/media/raw/1.jpg"
    assert other.verify("raw/1.jpg", 100, one._signature("raw/1.jpg", 100), 99)


def test_a_wrong_bucket_name_is_a_mistake_in_the_settings() -> None:
    with pytest.raises(ConfigurationError, match="R2_BUCKET"):
        open_storage(settings(storage="s3", **S3 | {"r2_bucket": "No Bucket"}))
