"""Checks an uploaded file and turns it into a NewImage: known format, complete structure, within limits, hashed."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PurePosixPath

from imagejobs.api.binding.call import ReceivedFile
from imagejobs.api.binding.errors import ApiError
from imagejobs.contract.violations import Violation
from imagejobs.conversion.formats.format import Format
from imagejobs.conversion.formats.probe import check_limits, read_structure
from imagejobs.conversion.formats.registry import FORMATS, recognise
from imagejobs.conversion.options import Options
from imagejobs.jobs.new_image import NewImage

MAX_FILENAME = 255


@dataclass(frozen=True, slots=True)
class Uploads:
    """Checks uploads before anything is stored."""

    max_bytes: int
    options: Options
    formats: Collection[Format] = FORMATS

    def accept(self, received: ReceivedFile, field: str) -> NewImage:
        """The checked image; `field` is the form field for error details.

        Raises ApiError 413 or 415, and ConversionError (422) for an image that is damaged or beyond the limits.
        """
        if received.size > self.max_bytes:
            message = f"{_shown(received)} has {received.size} bytes; an image may have at most {self.max_bytes}."
            raise ApiError(413, "too_large", message, (Violation(field, message),))
        image_format = recognise(received.file)
        if image_format is None or image_format not in self.formats:
            accepted = ", ".join(each.mimetype for each in self.formats)
            message = f"{_shown(received)} is not an accepted image, judged by its bytes; accepted are {accepted}."
            raise ApiError(415, "unsupported_type", message, (Violation(field, message),))
        check_limits(read_structure(received.file, image_format), self.options)
        received.file.seek(0)
        return NewImage(
            file=received.file,
            size=received.size,
            sha256=hashlib.file_digest(received.file, "sha256").hexdigest(),  # type: ignore[arg-type]  # BinaryIO has what file_digest needs
            mimetype=image_format.mimetype,
            extension=image_format.extension,
            filename=_safe_filename(received.filename),
        )


def _shown(received: ReceivedFile) -> str:
    return repr(_safe_filename(received.filename))


def _safe_filename(name: str) -> str:
    """The last part of the client's path, printable and shortened. It is only shown, never used as a path."""
    base = PurePosixPath(name.replace("\\", "/")).name
    return "".join(c for c in base if c.isprintable())[:MAX_FILENAME] or "image"
