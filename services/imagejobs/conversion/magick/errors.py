"""Turns Wand's exceptions into ConversionError, with its closed list of codes."""

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

from imagejobs.conversion.errors import ConversionError, ErrorCode, MachineFault, corrupt, truncated
from imagejobs.conversion.formats.structure import BYTES_PER_PIXEL
from imagejobs.conversion.magick.image import PREMATURE_END
from imagejobs.conversion.magick.library import MAGICK_HDRI
from imagejobs.conversion.magick.machine_room import (
    has_all_its_memory,
    has_disk_room,
    has_files,
    has_memory,
    temporary_folder,
)
from imagejobs.conversion.magick.shortages import REMEDIES, Shortage, shortage_in

T = TypeVar("T")
_FILE_BYTES_PER_PIXEL = BYTES_PER_PIXEL * 2 if MAGICK_HDRI else BYTES_PER_PIXEL
_TOO_MANY_EXCEPTIONS = "oo many exceptions"
"""ImageMagick reports it as a limit; the reason is a file with too many errors."""


@contextmanager
def reading_errors(title: str, pixels: int = 0, codec_bytes: int = 0) -> Iterator[None]:
    """Report an error while decoding as damage of the file, unless memory or disk was short or the decoder is missing.

    `codec_bytes` is the memory that the format's own library needs; after a failure without a reason it is checked
    whether so much is free.
    """
    with _common_errors(title, pixels, codec_bytes):
        try:
            yield
        except CorruptImageWarning as error:
            raise _damaged(title, error) from error
        except (BaseError, BaseFatalError) as error:
            if isinstance(error, ImportError | PermissionError) or _shortage(error):
                raise
            if codec_bytes and not has_memory(codec_bytes):  # libheif reports this as damage
                raise _too_little(title, Shortage.MEMORY, pixels, _reason(error)) from error
            raise _damaged(title, error) from error
        except WandRuntimeError as error:
            # Neither a picture nor a reason: from 6.9 for a PNG that lacks rows, or if memory or disk was short.
            if _silent_shortage(pixels, codec_bytes):
                raise
            raise corrupt(f"The {title} cannot be decoded") from error


@contextmanager
def processing_errors(title: str, pixels: int = 0) -> Iterator[None]:
    """Report an error after decoding as `conversion_failed`, unless memory or disk was short."""
    with _common_errors(title, pixels, 0):
        yield


def if_there_is_room(make: Callable[[], T]) -> T | None:
    """The result of `make`; None if there is not enough memory or disk for it."""
    try:
        return make()
    except (MemoryError, ImportError):  # ImportError: not enough memory to load numpy
        return None
    except (WandException, OSError) as error:
        if _shortage(error) is None:
            raise
        return None


@contextmanager
def _common_errors(title: str, pixels: int, codec_bytes: int) -> Iterator[None]:
    try:
        yield
    except (WandException, MemoryError, OSError) as error:
        shortage = _shortage(error) or (isinstance(error, WandRuntimeError) and _silent_shortage(pixels, codec_bytes))
        if shortage:
            raise _too_little(title, shortage, pixels, _reason(error)) from error
        if not isinstance(error, WandException):
            raise
        raise ConversionError(
            ErrorCode.CONVERSION_FAILED,
            f"The {title} could not be converted ({_reason(error)}). Send it in another format.",
        ) from error


def _shortage(error: Exception) -> Shortage | None:
    """The shortage that the error reports; None for any other error."""
    message = str(error)
    if _TOO_MANY_EXCEPTIONS in message:
        return None
    if isinstance(error, ResourceLimitError | ResourceLimitFatalError | MemoryError):
        return shortage_in(message) or Shortage.MEMORY
    return shortage_in(message)


def _silent_shortage(pixels: int, codec_bytes: int) -> Shortage | None:
    """What is short right now, as the cause of an error without a reason; None if nothing is."""
    if not has_disk_room(pixels * _FILE_BYTES_PER_PIXEL):
        return Shortage.DISK
    if not has_files():
        return Shortage.HANDLES
    return None if has_memory(codec_bytes) else Shortage.MEMORY


def _reason(error: Exception) -> str:
    """ImageMagick's message, without the file name and line of its source code."""
    if isinstance(error, WandRuntimeError):
        return "the library gave no reason"
    return re.split(r"\s+[`'@]", str(error))[0]


def _damaged(title: str, error: Exception) -> ConversionError:
    message = _reason(error)
    if PREMATURE_END in message or "nsufficient" in message or "ot enough" in message:
        return truncated(f"The {title} lacks picture data ({message})")
    return corrupt(f"The {title} cannot be decoded ({message})")


def _too_little(title: str, shortage: Shortage, pixels: int, reason: str) -> ConversionError:
    if shortage is Shortage.SIZE:
        return ConversionError(
            ErrorCode.TOO_MANY_PIXELS,
            f"The {title} is wider or higher than ImageMagick's policy allows. Send a smaller image.",
        )
    if shortage is Shortage.MEMORY:  # The disk may be full, to which pixels go when memory is short.
        shortage = _silent_shortage(pixels, 0) or shortage
    if shortage is Shortage.ALLOWANCE or (shortage is Shortage.MEMORY and has_all_its_memory()):
        return ConversionError(
            ErrorCode.CONVERSION_MEMORY,
            f"There was not enough memory to convert the {title} ({reason}). Send a smaller image.",
        )
    where = f" in {temporary_folder()}" if shortage is Shortage.DISK else ""
    return MachineFault(
        ErrorCode.CONVERSION_MEMORY,
        f"The machine does not have enough {shortage}{where} to convert the {title} ({reason}). The image is not the "
        f"reason. {REMEDIES[shortage]}",
    )
