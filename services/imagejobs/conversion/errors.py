"""The errors of a conversion."""

from enum import StrEnum


class ErrorCode(StrEnum):
    """The reason of a failure as programs read it: a closed, stable list. The error's message is for people."""

    UNSUPPORTED_TYPE = "unsupported_type"
    TRUNCATED = "truncated"
    CORRUPT = "corrupt"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_MANY_FRAMES = "too_many_frames"
    TOO_LARGE = "too_large"
    CONVERSION_FAILED = "conversion_failed"
    CONVERSION_MEMORY = "conversion_memory"
    CONVERSION_TIMEOUT = "conversion_timeout"
    CONVERSION_CRASH = "conversion_crash"


class ConversionError(Exception):
    """An image could not be converted.

    The message says what is wrong and what to do. `retryable` is true if the same bytes may succeed later, when the
    machine has more memory or disk. All other errors are permanent.
    """

    def __init__(self, code: ErrorCode, message: str, *, retryable: bool = False) -> None:
        super().__init__(code, message)
        self.code: str = code.value
        self.message = message
        self.retryable = retryable

    def __str__(self) -> str:
        return self.message


class MachineFault(ConversionError):
    """The machine did not have enough disk, memory or open files. The image is not the reason."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(code, message, retryable=True)


def truncated(what: str) -> ConversionError:
    """The error of a file that ends too early. `what` begins with the format's name and says where it ends."""
    return ConversionError(ErrorCode.TRUNCATED, f"{what}: the file was cut off. Send the complete file.")


def corrupt(what: str) -> ConversionError:
    """The error of a file that violates its format. `what` begins with the format's name and says how."""
    return ConversionError(ErrorCode.CORRUPT, f"{what}: the file is damaged. Export the image again and send that.")
