"""The small objects with which checks try the storage."""

import io
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from imagejobs.errors import ConfigurationError
from imagejobs.storage.object_storage import AccessRefused, ObjectNotFound, ObjectStorage, StorageUnavailable

DATA = b"image-jobs doctor"


def new_key(prefix: str) -> str:
    """A new key under the prefix."""
    return f"{prefix}doctor-{secrets.token_hex(6)}.txt"


def put(storage: ObjectStorage, key: str) -> None:
    """Write DATA under the key."""
    storage.put(key, io.BytesIO(DATA), len(DATA), "text/plain")


@contextmanager
def doing(what: str, key: str) -> Iterator[None]:
    """If the storage fails, raise ConfigurationError with the action and the key. AccessRefused passes through."""
    try:
        yield
    except AccessRefused:
        raise
    except (StorageUnavailable, ObjectNotFound) as error:
        raise ConfigurationError(f"cannot {what} {key}: {error}") from error
