"""The exceptions of minio-py and urllib3 as those of the storage port, with messages that name a remedy."""

from collections.abc import Iterator
from contextlib import contextmanager
from xml.etree.ElementTree import ParseError

from minio.error import InvalidResponseError, MinioException, S3Error
from urllib3.exceptions import HTTPError, MaxRetryError

from imagejobs.connections.outages import OUTAGES
from imagejobs.storage.object_storage import AccessRefused, ObjectNotFound, StorageUnavailable

_REMEDIES = {
    "AccessDenied": "check that the token of R2_ACCESS_KEY_ID may read, write, list and delete in this bucket",
    "InvalidAccessKeyId": "check R2_ACCESS_KEY_ID",
    "SignatureDoesNotMatch": "check R2_SECRET_ACCESS_KEY and R2_REGION",
    "Unauthorized": "check R2_ACCESS_KEY_ID and R2_SECRET_ACCESS_KEY",
    "NoSuchBucket": "check R2_BUCKET",
    "PermanentRedirect": "check R2_ENDPOINT and R2_REGION",
    "RequestTimeTooSkewed": "set this machine's clock",
}
_ANSWERS = {
    "AccessDenied": "it refuses the credentials, or their access to the bucket",
    "InvalidAccessKeyId": "it does not know the access key",
    "SignatureDoesNotMatch": "it refuses the credentials",
    "Unauthorized": "it refuses the credentials",
    "PermanentRedirect": "the bucket is in another region",
    "RequestTimeTooSkewed": "the API's clock is wrong",
    "XMinioStorageFull": "it is full",
}
_MAX_CODE = 60
_NO_SUCH_OBJECT = frozenset({"NoSuchKey", "NoSuchObject"})
_CANNOT_BE_STORED = frozenset({"KeyTooLongError", "XMinioInvalidObjectName", "BadRequest"})
"""The codes for a name that is too long. MinIO answers a HEAD of it with a plain 400, as it does for other mistakes."""
_MAX_SEGMENT_BYTES = 255
_MAX_REASON = 300


@contextmanager
def translated_errors(place: str, key: str = "") -> Iterator[None]:
    """Raise ObjectNotFound and StorageUnavailable in place of S3's errors. `place` names endpoint and bucket."""
    with OUTAGES.watched("storage"):
        try:
            yield
        except S3Error as error:
            if key and _is_missing(error, key):
                raise ObjectNotFound(f"the object {key} does not exist in {place}") from None
            kind = AccessRefused if error.code == "AccessDenied" else StorageUnavailable
            raise kind(_refusal(place, error), _answer(error)) from error
        except InvalidResponseError as error:
            reason = f"{place} did not answer as an S3 service does ({_shortened(error)}); check R2_ENDPOINT"
            raise StorageUnavailable(reason, "it does not speak S3") from error
        except MaxRetryError as error:
            raise StorageUnavailable(f"{place} did not answer: {_shortened(error.reason)}") from error
        except (MinioException, HTTPError, OSError, ParseError, UnicodeDecodeError) as error:
            raise StorageUnavailable(f"{place}: {_shortened(error)}") from error


def _is_missing(error: S3Error, key: str) -> bool:
    """Whether the object does not exist. A name that is too long for the server cannot have an object."""
    is_long = any(len(segment.encode()) > _MAX_SEGMENT_BYTES for segment in key.split("/"))
    return error.code in _NO_SUCH_OBJECT or (is_long and error.code in _CANNOT_BE_STORED)


def _refusal(place: str, error: S3Error) -> str:
    remedy = _REMEDIES.get(error.code or "")
    return f"{place}: {error.code}, {error.message}" + (f"; {remedy}" if remedy else "")


def _answer(error: S3Error) -> str:
    """The storage's answer in plain words. An unknown code is shown unchanged, if it looks like a code."""
    code = error.code or ""
    if code == "NoSuchBucket":
        return f"the bucket {error.bucket_name} does not exist" if error.bucket_name else "the bucket does not exist"
    return _ANSWERS.get(code) or (
        f"it refuses with {code}" if code.isalnum() and len(code) <= _MAX_CODE else "it refuses"
    )


def _shortened(error: object) -> str:
    return str(error)[:_MAX_REASON]
