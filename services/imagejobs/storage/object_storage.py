"""The storage port: what the service needs of a bucket."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO, Protocol

from imagejobs.errors import BackingServiceUnavailable

IMMUTABLE = "public, max-age=31536000, immutable"
"""Cache-Control of outputs. The bytes under a key never change, so caches may keep them for a year."""


class ObjectNotFound(Exception):
    """The key has no object."""


class ObjectTooLarge(Exception):
    """The object is larger than the caller allows."""


class StorageUnavailable(BackingServiceUnavailable):
    """The storage did not answer, or refused the credentials. Whether a write took effect is unknown."""

    def __init__(self, reason: object, answer: str | None = None) -> None:
        super().__init__("storage", reason, answer)


class AccessRefused(StorageUnavailable):
    """The storage knows the credentials, but they do not allow this operation; they may allow others."""


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """The result of a HEAD request: size in bytes, content type, time of the last write (UTC)."""

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
        """Remove the object. It is not an error if it does not exist."""

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """The objects whose keys start with `prefix`, in the order of keys. Only a page of them is in memory at a time.

        Objects may be written and deleted meanwhile. An object that exists all the time is listed once.
        """

    def public_url(self, key: str) -> str:
        """The public address of `key`: R2_PUBLIC_URL + key."""

    def presigned_url(self, key: str, expires: timedelta) -> str:
        """An address from which `key` can be read without credentials until it expires."""

    def ping(self) -> None:
        """Return if the bucket can be used with these credentials."""
