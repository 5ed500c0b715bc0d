"""Why a conversion's child process died, as the closed list of ConversionError."""

import logging
import signal

from imagejobs.conversion.errors import ConversionError, ErrorCode, MachineFault
from imagejobs.conversion.magick.shortages import REMEDIES, Shortage, shortage_in
from imagejobs.conversion.sandbox.confinement import Limits, curbed_to

logger = logging.getLogger(__name__)

_MEMORY_WORDS = ("memory", "bad_alloc", "cache resources exhausted", "writeblob: assertion")
"""In the last words of a process that its own limit stopped: of Python, ImageMagick, or a decoder in C++. The last
are of 6.9's WebP writer, which goes on without the memory for a picture (JPEGs of 7000 x 7000 pixels at 600 MB).
"""
_DISK_STATUS = 46
"""ImageMagick ends the process so where the pixels that it has mapped from a file find no room on the disk."""


def death_of(
    status: int,
    message: str,
    *,
    is_late: bool = False,
    was_starved: bool = False,
    is_disk_full: bool = False,
    limits: Limits,
) -> ConversionError:
    """The error of the job whose child ended with this status, as `subprocess` has it, and these last words.

    `was_starved` is for a late one that got little of the processor's time. With `is_disk_full` there was no room for
    pixels, and none for last words either.
    """
    logger.warning("a conversion's process ended with status %d: %s", status, message or "no message")
    shortage = Shortage.DISK if is_disk_full or status == _DISK_STATUS else shortage_in(message)
    hung = is_late and was_starved and shortage is not None  # ImageMagick may wait for itself after a fatal shortage
    if is_late and was_starved and not hung:
        return ConversionError(
            ErrorCode.CONVERSION_TIMEOUT,
            f"The conversion was ended after {limits.seconds} s, most of which the machine let it wait. It is tried "
            "again; if that stays so, run fewer workers on it.",
            retryable=True,
        )
    if (is_late and not hung) or status == -signal.SIGXCPU:
        return ConversionError(
            ErrorCode.CONVERSION_TIMEOUT,
            f"The conversion took longer than {limits.seconds} s and was ended. Send the image smaller, "
            "or in another format.",
        )
    if status == -signal.SIGKILL and not hung:  # not ours: the kernel's, for want of memory on the machine
        return ConversionError(
            ErrorCode.CONVERSION_MEMORY,
            "The machine ran out of memory during the conversion. It is tried again; if that stays so, "
            "run fewer workers on it.",
            retryable=True,
        )
    if shortage in {Shortage.DISK, Shortage.HANDLES}:
        return MachineFault(
            ErrorCode.CONVERSION_MEMORY,
            f"The conversion ended because the machine has not enough {shortage}. The image is not the reason. "
            f"{REMEDIES[shortage]}",
        )
    if any(word in message.lower() for word in _MEMORY_WORDS):
        return ConversionError(
            ErrorCode.CONVERSION_MEMORY,
            f"The conversion needs more than {limits.memory_bytes // 1_000_000} MB. Send the image smaller.",
        )
    return ConversionError(
        ErrorCode.CONVERSION_CRASH,
        f"The image library crashed on this file ({_named(status)}). Export the image again and send that.",
    )


def not_started(message: str) -> ConversionError:
    """The child did not get as far as looking at a file: nothing of it is the job's fault."""
    logger.error("no process for conversions can be started: %s", message)
    code = ErrorCode.CONVERSION_MEMORY if shortage_in(message) else ErrorCode.CONVERSION_FAILED
    return MachineFault(code, f"No process for the conversion could be started: {message}")


def judged(error: ConversionError, limits: Limits) -> ConversionError:
    """The same error, or the machine's fault where it allows less memory than a conversion may take."""
    memory_bytes = curbed_to(limits)
    if error.code != ErrorCode.CONVERSION_MEMORY or error.retryable or memory_bytes is None:
        return error
    return MachineFault(
        ErrorCode.CONVERSION_MEMORY,
        f"The conversion needs more than the {memory_bytes // 1_000_000} MB of memory that this machine allows a "
        f"process (ulimit -v). Allow the {limits.memory_bytes // 1_000_000} MB of CONVERSION_MEMORY_BYTES.",
    )


def _named(status: int) -> str:
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"status {status}"
