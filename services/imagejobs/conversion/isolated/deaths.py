"""Why a conversion's child process died, as the closed list of ConversionError."""

import logging
import signal

from imagejobs.conversion.errors import ConversionError, ErrorCode
from imagejobs.conversion.isolated.confinement import Limits

logger = logging.getLogger(__name__)

_MEMORY_WORDS = ("memory", "bad_alloc", "cache resources exhausted", "writeblob: assertion")
"""In the last words of a process that its own limit stopped: of Python, ImageMagick, or a decoder in C++. The last
are of 6.9's WebP writer, which goes on without the memory for a picture (JPEGs of 7000 x 7000 pixels at 600 MB).
"""


def death_of(status: int, message: str, *, is_late: bool, was_starved: bool, limits: Limits) -> ConversionError:
    """The error of the job whose child ended with this status, as `subprocess` has it, and these last words.

    `was_starved` is for a late one that got little of the processor's time.
    """
    logger.warning("a conversion's process ended with status %d: %s", status, message or "no message")
    if is_late and was_starved:
        return ConversionError(
            ErrorCode.CONVERSION_TIMEOUT,
            f"The conversion was ended after {limits.seconds} s, most of which the machine let it wait. It is tried "
            "again; if that stays so, run fewer workers on it.",
            retryable=True,
        )
    if is_late or status == -signal.SIGXCPU:
        return ConversionError(
            ErrorCode.CONVERSION_TIMEOUT,
            f"The conversion took longer than {limits.seconds} s and was ended. Send the image smaller, "
            "or in another format.",
        )
    if status == -signal.SIGKILL:  # not ours: the kernel's, for want of memory on the machine
        return ConversionError(
            ErrorCode.CONVERSION_MEMORY,
            "The machine ran out of memory during the conversion. It is tried again; if that stays so, "
            "run fewer workers on it.",
            retryable=True,
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
    return ConversionError(
        ErrorCode.CONVERSION_FAILED, f"No process for the conversion could be started: {message}", retryable=True
    )


def _named(status: int) -> str:
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"status {status}"
