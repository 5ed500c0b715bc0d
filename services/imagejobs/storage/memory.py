"""Objects in a dictionary: a storage for tests that behaves like the real ones."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import BinaryIO
from urllib.parse import quote

from imagejobs.storage.body import read_body
from imagejobs.storage.keys import is_safe_key, unsafe_key
from imagejobs.storage.object_storage import ObjectInfo, ObjectNotFound, ObjectTooLarge


@dataclass(frozen=True, slots=True)
class StoredObject:
    """The bytes of an object, and the headers that a GET of it would return."""

    info: ObjectInfo
    body: bytes
    cache_control: str


class MemoryStorage:
    """A bucket in memory; thread-safe. No server answers its addresses. `clock` gives the times of writes."""

    def __init__(
        self,
        public_base_url: str = "http://storage.invalid",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._public_base_url = public_base_url
        self._clock = clock
        self._objects: dict[str, StoredObject] = {}
        self._lock = threading.Lock()

    def put(self, key: str, data: BinaryIO, size: int, content_type: str, cache_control: str = "") -> None:
        """See ObjectStorage. Raises ValueError for an unsafe key or a body shorter than `size`."""
        if not is_safe_key(key):
            raise unsafe_key(key)
        body = read_body(data, size, key)
        info = ObjectInfo(key, size, content_type, self._clock())
        with self._lock:
            self._objects[key] = StoredObject(info, body, cache_control)

    def get(self, key: str, max_bytes: int) -> bytes:
        """See ObjectStorage."""
        found = self.stored(key)
        if found.info.size > max_bytes:
            raise ObjectTooLarge(f"{key} has {found.info.size} bytes, more than {max_bytes}")
        return found.body

    def head(self, key: str) -> ObjectInfo:
        """See ObjectStorage."""
        return self.stored(key).info

    def delete(self, key: str) -> None:
        """See ObjectStorage."""
        with self._lock:
            self._objects.pop(key, None)

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """See ObjectStorage. The list is a snapshot."""
        with self._lock:
            found = [self._objects[key].info for key in sorted(self._objects) if key.startswith(prefix)]
        return iter(found)

    def public_url(self, key: str) -> str:
        """See ObjectStorage."""
        return f"{self._public_base_url}/{quote(key)}"

    def presigned_url(self, key: str, expires: timedelta) -> str:
        """See ObjectStorage."""
        return f"{self.public_url(key)}?expires={int((datetime.now(UTC) + expires).timestamp())}"

    def ping(self) -> None:
        """See ObjectStorage. Memory is always available."""

    def stored(self, key: str) -> StoredObject:
        """An object with its headers, for tests. Raises ObjectNotFound."""
        with self._lock:
            try:
                return self._objects[key]
            except KeyError:
                raise ObjectNotFound(f"the object {key} does not exist") from None
