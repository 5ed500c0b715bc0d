"""The names of objects: `raw/<unix ms>-<12 hex>.<ext>`, `optimized/<same stem>-optimized.webp` and, for smaller
renditions, `optimized/<same stem>-optimized-<longer side>.webp`.
"""

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


def rendition_key(output: str, side: int) -> str:
    """The key of a smaller rendition, `side` pixels at its longer side, beside the output of this key."""
    stem, _, extension = output.rpartition(".")
    return f"{stem}-{side}.{extension}"


def is_rendition_of(key: str, output: str) -> bool:
    """Whether this key is the output's own or that of one of its smaller renditions."""
    stem, _, extension = output.rpartition(".")
    return key == output or re.fullmatch(rf"{re.escape(stem)}-[0-9]{{1,5}}\.{extension}", key) is not None


def is_raw_key(key: str) -> bool:
    """Whether a worker may read this key as a source."""
    return _RAW_KEY.fullmatch(key) is not None and ".." not in key


def is_safe_key(key: str) -> bool:
    """Whether the key is a plain relative path: no empty, hidden or `..` segment, no character that needs quoting."""
    return _KEY.fullmatch(key) is not None
