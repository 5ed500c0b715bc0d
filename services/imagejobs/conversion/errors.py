"""What can be wrong with an image, or with converting it."""

from enum import StrEnum


class ErrorCode(StrEnum):
    """The closed list of reasons, stable for programs; people read the message beside it."""

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

    The message says what is wrong and what to do. `retryable` is true only where the same bytes may succeed at
    another time, when the machine has more memory or disk to spare; everything else is permanent.
    """

    def __init__(self, code: ErrorCode, message: str, *, retryable: bool = False) -> None:
        super().__init__(code, message, retryable)
        self.code: str = code.value
        self.message = message
        self.retryable = retryable

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[object, ...]:
        """Survives the way back from a child process, keyword and all."""
        return _restore, (self.code, self.message, self.retryable)


class MachineFault(ConversionError):
    """The machine had too little of what the conversion needs: disk, memory, open files. The file is not the reason."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(code, message, retryable=True)

    def __reduce__(self) -> tuple[object, ...]:
        """As above."""
        return MachineFault, (ErrorCode(self.code), self.message)


def _restore(code: str, message: str, retryable: bool) -> ConversionError:
    return ConversionError(ErrorCode(code), message, retryable=retryable)


def truncated(what: str) -> ConversionError:
    """The file ends too early; `what` begins with the format's name and says where."""
    return ConversionError(ErrorCode.TRUNCATED, f"{what}: the file was cut off. Send the complete file.")


def corrupt(what: str) -> ConversionError:
    """The bytes contradict the format; `what` begins with the format's name and says how."""
    return ConversionError(ErrorCode.CORRUPT, f"{what}: the file is damaged. Export the image again and send that.")
