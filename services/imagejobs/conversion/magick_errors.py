"""Wand's exceptions as the closed list of ConversionError."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from wand.exceptions import (
    BaseError,
    BaseFatalError,
    CorruptImageWarning,
    ResourceLimitError,
    ResourceLimitFatalError,
    WandException,
    WandRuntimeError,
)

from imagejobs.conversion.disk_room import has_disk_room
from imagejobs.conversion.errors import ConversionError, ErrorCode, corrupt, truncated
from imagejobs.conversion.magick import PREMATURE_END
from imagejobs.conversion.structure import BYTES_PER_PIXEL

T = TypeVar("T")
_NO_DISK = "unable to extend cache"
"""The disk may have room at another time; the memory of a conversion is the same the next time."""


@contextmanager
def reading_errors(title: str, pixels: int = 0) -> Iterator[None]:
    """Errors while decoding are the file's fault, except for want of memory, of disk or of a decoder."""
    with _common_errors(title):
        try:
            yield
        except WandRuntimeError as error:  # No picture and no reason, as 6.9 does for a PNG that lacks rows, or disk.
            if not has_disk_room(pixels * BYTES_PER_PIXEL):
                raise _out_of_disk(title) from error
            raise corrupt(f"The {title} cannot be decoded") from error
        except CorruptImageWarning as error:
            raise _damaged(title, error) from error
        except (BaseError, BaseFatalError) as error:
            if isinstance(error, MemoryError | ImportError | PermissionError):
                raise
            raise _damaged(title, error) from error


@contextmanager
def processing_errors(title: str) -> Iterator[None]:
    """Errors after decoding are nobody's fault that is known."""
    with _common_errors(title):
        yield


def if_there_is_room(make: Callable[[], T]) -> T | None:
    """What this makes, None where the memory for it, or the disk in its place, is wanting."""
    try:
        return make()
    except (MemoryError, ImportError):  # numpy is there; it cannot be loaded then
        return None
    except WandException as error:
        if not _wants_room(str(error)):
            raise
        return None


@contextmanager
def _common_errors(title: str) -> Iterator[None]:
    try:
        yield
    except (ResourceLimitError, ResourceLimitFatalError, MemoryError) as error:
        raise _out_of_memory(title, error) from error
    except WandException as error:
        if _wants_room(str(error)):
            raise _out_of_memory(title, error) from error
        raise ConversionError(
            ErrorCode.CONVERSION_FAILED,
            f"The {title} could not be converted ({_reason(error)}). Send it in another format.",
        ) from error


def _reason(error: Exception) -> str:
    """ImageMagick's message without its own file name and line of source."""
    return re.split(r"\s+[`'@]", str(error))[0]


def _damaged(title: str, error: Exception) -> ConversionError:
    message = _reason(error)
    if _beyond_policy(message):
        return _too_many_pixels(title)
    if _wants_room(message):
        return _out_of_memory(title, error)
    if PREMATURE_END in message or "nsufficient" in message or "ot enough" in message:
        return truncated(f"The {title} lacks picture data ({message})")
    return corrupt(f"The {title} cannot be decoded ({message})")


def _beyond_policy(message: str) -> bool:
    return "ExceedsLimit" in message or "exceeds limit" in message


def _wants_room(message: str) -> bool:
    """The disk, or the limit of a file, in the words of the pixel cache; and libwebp's of memory."""
    return _NO_DISK in message or "out of memory" in message


def _out_of_memory(title: str, error: Exception) -> ConversionError:
    if _beyond_policy(str(error)):
        return _too_many_pixels(title)
    return ConversionError(
        ErrorCode.CONVERSION_MEMORY,
        f"There was not enough memory to convert the {title} ({_reason(error)}). Send it smaller.",
        retryable=_NO_DISK in str(error),
    )


def _out_of_disk(title: str) -> ConversionError:
    return ConversionError(
        ErrorCode.CONVERSION_MEMORY,
        f"There was neither the memory nor the room on the disk to convert the {title}. It is tried again; if that "
        "stays so, give the worker more of either.",
        retryable=True,
    )


def _too_many_pixels(title: str) -> ConversionError:
    return ConversionError(
        ErrorCode.TOO_MANY_PIXELS, f"The {title} is wider or higher than ImageMagick's policy allows. Send it smaller."
    )
