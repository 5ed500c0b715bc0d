"""The storage port: what the service asks of a bucket, whatever keeps it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO, Protocol

from imagejobs.errors import BackingServiceUnavailable

IMMUTABLE = "public, max-age=31536000, immutable"
"""Cache-Control of outputs: a key never changes its meaning, so caches may keep it for a year."""


class ObjectNotFound(Exception):
    """There is no object under this key."""


class ObjectTooLarge(Exception):
    """The object is larger than the caller was ready to read."""


class StorageUnavailable(BackingServiceUnavailable):
    """The storage did not answer, or refused the credentials; nothing is known to have been written."""

    def __init__(self, reason: object, answer: str | None = None) -> None:
        super().__init__("storage", reason, answer)


class AccessRefused(StorageUnavailable):
    """The storage knows the credentials, and does not let them do this; it may let them do other things."""


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What a HEAD request tells: length in bytes, content type, time of the last write (UTC)."""

    key: str
    size: int
    content_type: str
    modified_at: datetime


class ObjectStorage(Protocol):
    """A bucket. Keys are relative paths such as `raw/1700000000000-0123456789ab.jpg`.

    Every method raises StorageUnavailable when the storage is unavailable, within its timeouts and bounded retries.
    """

    def put(self, key: str, data: BinaryIO, size: int, content_type: str, cache_control: str = "") -> None:
        """Write `size` bytes read from `data` (at its current position) under `key`, replacing what was there.

        Raises ValueError, and writes nothing, if `is_safe_key` refuses the key or `data` ends before `size` bytes.
        """

    def get(self, key: str, max_bytes: int) -> bytes:
        """Return the whole object. Raises ObjectNotFound, or ObjectTooLarge beyond `max_bytes`."""

    def head(self, key: str) -> ObjectInfo:
        """Describe the object. Raises ObjectNotFound."""

    def delete(self, key: str) -> None:
        """Remove the object; a missing one is no error."""

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """Every object whose key starts with `prefix`, in key order, a page at a time: never all of them in memory.

        Objects may come and go meanwhile; those that stay are each listed once.
        """

    def public_url(self, key: str) -> str:
        """The address under which the public reads `key` (R2_PUBLIC_URL + key)."""

    def presigned_url(self, key: str, expires: timedelta) -> str:
        """An address that reads `key` for a limited time, without credentials."""

    def ping(self) -> None:
        """Return if the bucket can be reached with these credentials."""
