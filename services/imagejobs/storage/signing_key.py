"""The secret that signs addresses of files. Each data directory has one, shared by the processes that use it."""

import os
import secrets
from pathlib import Path

from imagejobs.errors import ConfigurationError

SIGNING_KEY_BYTES = 32
"""The output length of SHA-256, which RFC 2104 recommends as the least length of an HMAC key."""


def load_signing_key(path: Path) -> bytes:
    """Read the key, or create it (mode 0600). Processes that start at the same time get the same key.

    Raises ConfigurationError if the file cannot be read or written, or does not contain a key.
    """
    try:
        if not path.exists():
            _create(path)
        key = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"the signing key {path} cannot be used ({error}): check DATA_DIR") from error
    if len(key) != SIGNING_KEY_BYTES:
        raise ConfigurationError(
            f"the signing key {path} has {len(key)} bytes instead of {SIGNING_KEY_BYTES}: remove it and restart"
        )
    return key


def _create(path: Path) -> None:
    """Write a draft, then link it to `path`. Of several processes only one can make the link."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(SIGNING_KEY_BYTES))
            file.flush()
            os.fsync(descriptor)
        path.hardlink_to(draft)
    except FileExistsError:
        pass  # Another process was first, and its key is used.
    finally:
        draft.unlink()
