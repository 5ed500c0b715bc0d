"""Objects as files, for processes on one machine that share a DATA_DIR, such as those of `imagejobs up`."""

import errno
import hashlib
import hmac
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO
from urllib.parse import urlencode

from imagejobs.connections.outages import OUTAGES
from imagejobs.storage.body import read_body
from imagejobs.storage.content_types import content_type_of
from imagejobs.storage.files import walk, write_whole
from imagejobs.storage.keys import is_safe_key, unsafe_key
from imagejobs.storage.object_storage import ObjectInfo, ObjectNotFound, ObjectTooLarge, StorageUnavailable

_NO_SUCH_FILE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG})


class FilesystemStorage:
    """A directory as a bucket. The file of a key is `root/key`; only safe keys (keys.is_safe_key) are accepted.

    A file is whole or absent, also after a power cut. No metadata is stored: the content type follows from the
    extension, and the server of the files decides on Cache-Control.
    """

    def __init__(self, root: Path, public_base_url: str, signing_key: bytes) -> None:
        self._root = root
        self._public_base_url = public_base_url
        self._signing_key = signing_key

    def put(self, key: str, data: BinaryIO, size: int, content_type: str, cache_control: str = "") -> None:  # noqa: ARG002 - see the class
        """See ObjectStorage. Raises ValueError for an unsafe key or a body shorter than `size`."""
        if not is_safe_key(key):
            raise unsafe_key(key)
        body = read_body(data, size, key)
        with _translated_errors(key, f"{key} could not be written below {self._root}", is_read=False):
            write_whole(self._root / key, body)

    def get(self, key: str, max_bytes: int) -> bytes:
        """See ObjectStorage."""
        path = self.path(key)
        with _translated_errors(key), path.open("rb") as file:
            body = file.read(max_bytes + 1)
        if len(body) > max_bytes:
            raise ObjectTooLarge(f"{key} has more than {max_bytes} bytes")
        return body

    def head(self, key: str) -> ObjectInfo:
        """See ObjectStorage."""
        path = self.path(key)
        with _translated_errors(key):
            if not path.is_file():
                raise ObjectNotFound(f"the object {key} does not exist")
            status = path.stat()
        return ObjectInfo(key, status.st_size, content_type_of(key), datetime.fromtimestamp(status.st_mtime, UTC))

    def delete(self, key: str) -> None:
        """See ObjectStorage."""
        try:
            with _translated_errors(key):
                self.path(key).unlink()
        except ObjectNotFound:
            return

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """See ObjectStorage. Leaves out objects that are deleted meanwhile, and removes the drafts of dead writers."""
        for key in self._keys(prefix):
            with suppress(ObjectNotFound):
                yield self.head(key)

    def public_url(self, key: str) -> str:
        """See ObjectStorage."""
        return f"{self._public_base_url}/{key}"

    def presigned_url(self, key: str, expires: timedelta) -> str:
        """See ObjectStorage. The public address with `expires` (Unix seconds) and `signature`, for `verify`."""
        until = int(time.time() + expires.total_seconds())
        return f"{self.public_url(key)}?{urlencode({'expires': until, 'signature': self._signature(key, until)})}"

    def verify(self, key: str, expires: int, signature: str, now: float) -> bool:
        """Whether `presigned_url` made this signature for this key, and it has not expired at `now` (Unix seconds).

        Takes the same time for every wrong signature, so that none can be guessed character by character.
        """
        genuine = hmac.compare_digest(self._signature(key, expires).encode(), signature.encode(errors="replace"))
        return genuine and now < expires

    def path(self, key: str) -> Path:
        """The path of an object's file, which need not exist. Raises ObjectNotFound for an unsafe key."""
        if not is_safe_key(key):
            raise ObjectNotFound(f"{key!r} is not the key of an object")
        return self._root / key

    def ping(self) -> None:
        """See ObjectStorage: tests that files can be written."""
        with _translated_errors("", f"{self._root} cannot be written; check DATA_DIR", is_read=False):
            self._root.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=self._root, prefix=".ping-"):
                pass

    def _signature(self, key: str, until: int) -> str:
        return hmac.new(self._signing_key, f"{key}\n{until}".encode(), hashlib.sha256).hexdigest()

    def _keys(self, prefix: str) -> Iterator[str]:
        """The paths of the files that start with `prefix`; `head` refuses those that are not keys."""
        directory = prefix.rpartition("/")[0]
        if directory and not is_safe_key(directory):
            return
        with _translated_errors(prefix):
            for key in walk(self._root, f"{directory}/" if directory else ""):
                if key.startswith(prefix):
                    yield key


@contextmanager
def _translated_errors(key: str, what: str = "", *, is_read: bool = True) -> Iterator[None]:
    with OUTAGES.watched("storage"):
        try:
            yield
        except OSError as error:
            if is_read and error.errno in _NO_SUCH_FILE:
                raise ObjectNotFound(f"the object {key} does not exist") from None
            answer = f"the file system says: {error.strerror}" if error.strerror else None
            raise StorageUnavailable(f"{what or key}: {error}", answer) from error
