"""The ConversionError of a child process that died."""

import logging
import signal

from imagejobs.conversion.errors import ConversionError, ErrorCode, MachineFault
from imagejobs.conversion.magick.shortages import REMEDIES, Shortage, shortage_in
from imagejobs.conversion.sandbox.confinement import Limits, curbed_to

logger = logging.getLogger(__name__)

_MEMORY_WORDS = ("memory", "bad_alloc", "cache resources exhausted", "writeblob: assertion")
"""Words in the last messages of a process that reached its memory limit, from Python, ImageMagick or a decoder in C++.
The last one is from the WebP writer of ImageMagick 6.9, which goes on when it cannot allocate a picture (JPEGs of 7000
x 7000 pixels at 600 MB)."""
_DISK_STATUS = 46
"""ImageMagick's exit status if the disk is full when it writes to pixels that it has mapped from a file."""


def death_of(
    status: int,
    message: str,
    *,
    is_late: bool = False,
    was_starved: bool = False,
    is_disk_full: bool = False,
    limits: Limits,
) -> ConversionError:
    """The error of the job whose child ended.

    `status` is a return code of `subprocess`, `message` the end of the child's standard error. `is_late` is true if the
    deadline killed the child, `was_starved` if the child had got little processor time until then. If `is_disk_full`,
    the disk had no room for pixels, and perhaps no room for a message.
    """
    logger.warning("the process of a conversion ended with status %d: %s", status, message or "no message")
    shortage = Shortage.DISK if is_disk_full or status == _DISK_STATUS else shortage_in(message)
    hung = is_late and was_starved and shortage is not None  # ImageMagick may deadlock after a fatal shortage
    if is_late and was_starved and not hung:
        return ConversionError(
            ErrorCode.CONVERSION_TIMEOUT,
            f"The conversion was stopped after {limits.seconds} s, in which the machine gave it too little processor "
            "time. It will be tried again. If this happens often, run fewer workers on the machine.",
            retryable=True,
        )
    if (is_late and not hung) or status == -signal.SIGXCPU:
        return ConversionError(
            ErrorCode.CONVERSION_TIMEOUT,
            f"The conversion took longer than {limits.seconds} s and was stopped. Send a smaller image, "
            "or in another format.",
        )
    if status == -signal.SIGKILL and not hung:  # from the kernel, when the machine is out of memory
        return ConversionError(
            ErrorCode.CONVERSION_MEMORY,
            "The machine ran out of memory during the conversion. It will be tried again. If this happens often, "
            "run fewer workers on the machine.",
            retryable=True,
        )
    if shortage in {Shortage.DISK, Shortage.HANDLES}:
        return MachineFault(
            ErrorCode.CONVERSION_MEMORY,
            f"The conversion ended because the machine does not have enough {shortage}. The image is not the reason. "
            f"{REMEDIES[shortage]}",
        )
    if any(word in message.lower() for word in _MEMORY_WORDS):
        return ConversionError(
            ErrorCode.CONVERSION_MEMORY,
            f"The conversion needs more than {limits.memory_bytes // 1_000_000} MB. Send a smaller image.",
        )
    return ConversionError(
        ErrorCode.CONVERSION_CRASH,
        f"The image library crashed on this file ({_named(status)}). Export the image again and send that.",
    )


def not_started(message: str) -> ConversionError:
    """The error of a job whose child could not be started. It is the machine's fault, since no file was read."""
    logger.error("the process for conversions cannot be started: %s", message)
    code = ErrorCode.CONVERSION_MEMORY if shortage_in(message) else ErrorCode.CONVERSION_FAILED
    return MachineFault(code, f"The process for the conversion could not be started: {message}")


def judged(error: ConversionError, limits: Limits) -> ConversionError:
    """The same error, or a MachineFault if memory ran out because `ulimit -v` allows less than `limits` do."""
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
