"""The names of objects: `raw/<unix ms>-<12 hex>.<ext>` and `optimized/<same stem>-optimized.webp`."""

import re
import secrets
from pathlib import PurePosixPath

RAW_PREFIX = "raw/"
_RAW_KEY = re.compile(r"raw/[A-Za-z0-9._-]+")
_KEY = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9._-]*/)*[A-Za-z0-9_-][A-Za-z0-9._-]*")


def new_raw_key(now_ms: int, extension: str) -> str:
    """A key for a fresh upload; 48 random bits beside the time make it unique and not to be guessed by counting."""
    return f"{RAW_PREFIX}{now_ms}-{secrets.token_hex(6)}.{extension}"


def output_key(raw_key: str, prefix: str, extension: str = "webp") -> str:
    """The one key of a job's result, derived from its source, so that a redelivery overwrites its own object."""
    return f"{prefix}{PurePosixPath(raw_key).stem}-optimized.{extension}"


def is_raw_key(key: str) -> bool:
    """Whether a worker may read this key as a source."""
    return _RAW_KEY.fullmatch(key) is not None and ".." not in key


def is_safe_key(key: str) -> bool:
    """Whether the key is a plain relative path: no empty, hidden or `..` segment, no character that needs quoting."""
    return _KEY.fullmatch(key) is not None
