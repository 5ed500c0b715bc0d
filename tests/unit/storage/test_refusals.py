"""How the storages refuse an invalid key or body; S3 does so before it contacts its server."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from imagejobs.storage.filesystem import FilesystemStorage
from imagejobs.storage.memory import MemoryStorage
from imagejobs.storage.object_storage import ObjectStorage
from imagejobs.storage.s3 import S3Storage
from imagejobs.testing.object_storage.samples import UNSAFE

Open = Callable[[Path], ObjectStorage]
STORAGES: dict[str, Open] = {
    "memory": lambda _: MemoryStorage(),
    "filesystem": lambda root: FilesystemStorage(root, "http://127.0.0.1", b"key"),
    "s3": lambda _: S3Storage("http://127.0.0.1:9", "access", "secret", "images", "https://pub.example"),
}
every_storage = pytest.mark.parametrize("opened", STORAGES.values(), ids=STORAGES)


@every_storage
@pytest.mark.parametrize("key", UNSAFE)
def test_an_unsafe_key_is_named(opened: Open, key: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(repr(key))} is not a plain relative path$"):
        opened(tmp_path).put(key, io.BytesIO(b"x"), 1, "image/jpeg")


@every_storage
def test_a_body_that_ends_early_is_refused_with_both_sizes(opened: Open, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^the upload of raw/1\.jpg ends after 5 of 10 bytes$"):
        opened(tmp_path).put("raw/1.jpg", io.BytesIO(b"short"), 10, "image/jpeg")
