"""The keys of objects.

A source is `raw/<unix ms>-<12 hex>.<ext>`. Its output is `optimized/<same stem>-optimized.webp`. A smaller rendition is
`optimized/<same stem>-optimized-<longer side>.webp`.
"""

import re
import secrets
from datetime import UTC, datetime
from pathlib import PurePosixPath

from imagejobs.value_ranges import KEY_SEGMENT

RAW_PREFIX = "raw/"
_STEM = "[0-9]{10,14}-[0-9a-z]{12}"
_UPLOAD = re.compile(rf"{RAW_PREFIX}({_STEM})\.[A-Za-z0-9]{{1,5}}")
_RESULT = re.compile(rf"({_STEM})-optimized(?:-[0-9]{{1,5}})?\.[a-z0-9]{{1,5}}")
_RAW_KEY = re.compile(rf"{RAW_PREFIX}[A-Za-z0-9._-]+")
_KEY = re.compile(f"(?:{KEY_SEGMENT}/)*{KEY_SEGMENT}")


def new_raw_key(now_ms: int, extension: str) -> str:
    """A key for a new upload. 48 random bits after the time make it unique, and hard to guess."""
    return f"{RAW_PREFIX}{now_ms}-{secrets.token_hex(6)}.{extension}"


def output_key(raw_key: str, prefix: str, extension: str = "webp") -> str:
    """The key of a job's output. It is derived from the source, so a job that runs twice overwrites its own object."""
    return f"{prefix}{PurePosixPath(raw_key).stem}-optimized.{extension}"


def rendition_key(output: str, side: int) -> str:
    """The key of a smaller rendition of this output; `side` is its longer side in pixels."""
    stem, _, extension = output.rpartition(".")
    return f"{stem}-{side}.{extension}"


def is_rendition_of(key: str, output: str) -> bool:
    """Whether `key` is the output's own key or the key of one of its smaller renditions."""
    return output_of_rendition(key) == output


def output_of_rendition(key: str) -> str:
    """The key of the output that this rendition belongs to. An output's own key is returned unchanged."""
    return re.sub(r"-optimized-[0-9]{1,5}(?=\.[a-z0-9]+$)", "-optimized", key)


def upload_stem(key: str) -> str | None:
    """The stem, `<unix ms>-<12 characters>`, of a key made by new_raw_key or by the guide's backend; else None."""
    found = _UPLOAD.fullmatch(key)
    return found[1] if found else None


def result_stem(key: str, prefix: str) -> str | None:
    """The stem of the upload that this output or rendition was made from; None if the key has another form."""
    found = _RESULT.fullmatch(key.removeprefix(prefix)) if key.startswith(prefix) else None
    return found[1] if found else None


def named_at(stem: str) -> datetime:
    """The time in a stem: when the upload arrived, by the database's clock."""
    return datetime.fromtimestamp(int(stem.partition("-")[0]) / 1000, UTC)


def is_raw_key(key: str) -> bool:
    """Whether a worker may read this key as a source."""
    return _RAW_KEY.fullmatch(key) is not None and ".." not in key


def is_safe_key(key: str) -> bool:
    """Whether the key is a plain relative path: no empty, hidden or `..` segment, no character that needs quoting."""
    return _KEY.fullmatch(key) is not None


def unsafe_key(key: str) -> ValueError:
    """The error of a storage that refuses to write an object under this key."""
    return ValueError(f"{key!r} is not a plain relative path")
