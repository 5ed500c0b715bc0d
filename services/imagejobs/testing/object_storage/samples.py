"""The keys that the suite uses, and a short way to write an object."""

import io

from imagejobs.storage.object_storage import ObjectStorage

RAW = "raw/1700000000000-0123456789ab.jpg"
OUTPUT = "optimized/1700000000000-0123456789ab-optimized.webp"
UNSAFE = ("../signing.key", "raw/../../etc/passwd", "/etc/passwd", "raw//x.jpg", "")


def put(storage: ObjectStorage, key: str, body: bytes = b"bytes", content_type: str = "image/jpeg") -> None:
    """Write `body` under `key`."""
    storage.put(key, io.BytesIO(body), len(body), content_type)
