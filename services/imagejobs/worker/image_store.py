"""The images of a job in storage: its source and its renditions. Storage errors become the worker's failures."""

import hashlib
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from imagejobs.conversion.sandbox.result import Picture
from imagejobs.storage.keys import is_raw_key, output_key, rendition_key
from imagejobs.storage.object_storage import (
    IMMUTABLE,
    ObjectNotFound,
    ObjectStorage,
    ObjectTooLarge,
    StorageUnavailable,
)
from imagejobs.worker.failures import PermanentFailure, ServiceUnavailable, TransientFailure
from imagejobs.worker.job import Job, Stored

OUTPUT_TYPE = "image/webp"


@dataclass(frozen=True, slots=True)
class ImageStore:
    """Reads sources of at most `max_bytes` and writes renditions under `output_prefix`.

    It reads through the storage only: a URL in a job's record is never fetched.
    """

    storage: ObjectStorage
    output_prefix: str
    max_bytes: int

    def source_key(self, job: Job) -> str:
        """The key of the job's source. Raises PermanentFailure if it is not an object under raw/."""
        key = job.source_key or job.source_url.removeprefix(f"{self.storage.public_url('')}")
        if not is_raw_key(key):
            raise PermanentFailure(
                "source_not_allowed",
                f"The source of image job {job.id} is not an object under raw/: {job.source_key or job.source_url!r}.",
            )
        return key

    def download(self, job: Job) -> bytes:
        """The job's source, as it was uploaded. Raises PermanentFailure, TransientFailure and ServiceUnavailable."""
        key = self.source_key(job)
        try:
            with _unavailable_translated():
                source = self.storage.get(key, self.max_bytes)
        except ObjectNotFound:
            raise PermanentFailure("source_missing", f"The object {key!r} does not exist in storage.") from None
        except ObjectTooLarge:
            message = f"The object {key!r} is larger than {self.max_bytes} bytes."
            raise PermanentFailure("too_large", message) from None
        if job.source_sha256 not in {None, hashlib.sha256(source).hexdigest()}:
            raise TransientFailure(
                "source_differs", f"Storage returned {len(source)} bytes for {key!r} that differ from the upload."
            )
        return source

    def upload(self, job: Job, pictures: Sequence[Picture]) -> list[Stored]:
        """Write the renditions, the largest first: it gets the output's key. Raises ServiceUnavailable."""
        output = output_key(self.source_key(job), self.output_prefix)
        return [
            self._put(rendition_key(output, picture.side) if number else output, picture)
            for number, picture in enumerate(pictures)
        ]

    def _put(self, key: str, picture: Picture) -> Stored:
        size = len(picture.data)
        with _unavailable_translated():
            self.storage.put(key, io.BytesIO(picture.data), size, OUTPUT_TYPE, IMMUTABLE)
        return Stored(key, self.storage.public_url(key), picture.width, picture.height, size)


@contextmanager
def _unavailable_translated() -> Iterator[None]:
    try:
        yield
    except StorageUnavailable as error:
        raise ServiceUnavailable("storage_unavailable", str(error)) from error
