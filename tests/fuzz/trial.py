"""Try one damaged file as the service does: read its header in this process, then convert it in a child."""

import io
import traceback
from dataclasses import dataclass

from fuzz.mutants import Mutant
from fuzz.patience import at_most
from imagejobs.conversion.errors import ConversionError, ErrorCode
from imagejobs.conversion.formats.probe import Probe, check_limits, probe
from imagejobs.conversion.formats.registry import sniff
from imagejobs.conversion.processing.geometry import fit
from imagejobs.conversion.sandbox.pool import Converter
from imagejobs.conversion.sandbox.result import Picture, Result
from PIL import Image

CONVERTED, FAILURE = "converted", "failure"
PROBE_SECONDS = 2.0
"""Processor time for reading a header, which normally takes microseconds."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a file: `code` is an ErrorCode, `converted`, or `failure` for a fault of the parent.

    `format` is the one that the damaged file announces. `is_accepted`: a child got the file.
    """

    mutant: Mutant
    format: str
    code: str
    message: str
    is_accepted: bool


class Wrong(Exception):
    """A result whose pictures do not match what it says about them."""


def look(mutant: Mutant) -> Probe | Outcome:
    """The file's header, or the outcome if it is refused. Call it in the main thread only."""
    try:
        with at_most(PROBE_SECONDS):
            found = probe(io.BytesIO(mutant.data))
            check_limits(found, mutant.options)
    except Exception as error:  # noqa: BLE001 - which ones come is the question
        return _refused(mutant, error, is_accepted=False)
    return found


def convert(converter: Converter, mutant: Mutant, found: Probe) -> Outcome:
    """Convert a file whose header was accepted, and check the result."""
    try:
        check(converter.convert(mutant.data, mutant.options), mutant, found)
    except Exception as error:  # noqa: BLE001 - which ones come is the question
        return _refused(mutant, error, is_accepted=True)
    return Outcome(mutant, found.format.name, CONVERTED, "", is_accepted=True)


def check(result: Result, mutant: Mutant, found: Probe) -> None:
    """Check that every picture is a complete WebP of the expected size. Raises Wrong, or Pillow's error."""
    upright = (found.height, found.width) if found.orientation >= 5 else (found.width, found.height)
    sizes = dict.fromkeys(fit(*upright, side) for side in mutant.options.sides)  # sizes of a small picture coincide
    for picture, size in zip(result.pictures, sizes, strict=True):
        if (picture.width, picture.height) != size:
            raise Wrong(f"the result says {picture.width} x {picture.height} pixels instead of {size}")
        _decode(picture)


def _decode(picture: Picture) -> None:
    with Image.open(io.BytesIO(picture.data), formats=["WEBP"]) as image:
        for index in range(getattr(image, "n_frames", 1)):
            image.seek(index)
            image.load()
        if image.size != (picture.width, picture.height):
            raise Wrong(f"the file has {image.size} pixels, the result says {picture.width} x {picture.height}")


def _refused(mutant: Mutant, error: Exception, *, is_accepted: bool) -> Outcome:
    sniffed = sniff(mutant.data[:32])
    is_known = isinstance(error, ConversionError) and error.code in set(ErrorCode)
    code = error.code if isinstance(error, ConversionError) and is_known else FAILURE
    message = str(error) if is_known else "".join(traceback.format_exception(error))
    return Outcome(mutant, sniffed.name if sniffed else "other", code, message, is_accepted)
