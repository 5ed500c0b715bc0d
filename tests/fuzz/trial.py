"""One damaged file on its way through the service: the header in the parent, as the API does it, then the child."""

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
"""Of processor time; a header takes microseconds."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file: `code` is an ErrorCode, `converted`, or `failure` of the parent.

    `format` is what the damaged file announces, `is_accepted` whether its header got it into the child.
    """

    mutant: Mutant
    format: str
    code: str
    message: str
    is_accepted: bool


class Wrong(Exception):
    """A result that is not what it says."""


def look(mutant: Mutant) -> Probe | Outcome:
    """The file's header, or how it was refused. In the main thread only."""
    try:
        with at_most(PROBE_SECONDS):
            found = probe(io.BytesIO(mutant.data))
            check_limits(found, mutant.options)
    except Exception as error:  # noqa: BLE001 - which ones come is the question
        return _refused(mutant, error, is_accepted=False)
    return found


def convert(converter: Converter, mutant: Mutant, found: Probe) -> Outcome:
    """Convert a file whose header is accepted, and look at what came out."""
    try:
        check(converter.convert(mutant.data, mutant.options), mutant, found)
    except Exception as error:  # noqa: BLE001 - which ones come is the question
        return _refused(mutant, error, is_accepted=True)
    return Outcome(mutant, found.format.name, CONVERTED, "", is_accepted=True)


def check(result: Result, mutant: Mutant, found: Probe) -> None:
    """Every picture is a whole WebP of the size that it has to be. Raises Wrong, or what Pillow raises."""
    upright = (found.height, found.width) if found.orientation >= 5 else (found.width, found.height)
    sizes = dict.fromkeys(fit(*upright, side) for side in mutant.options.sides)  # each once: sides of a small picture
    for picture, size in zip(result.pictures, sizes, strict=True):
        if (picture.width, picture.height) != size:
            raise Wrong(f"{picture.width} x {picture.height} is announced for what should have {size}")
        _decode(picture)


def _decode(picture: Picture) -> None:
    with Image.open(io.BytesIO(picture.data), formats=["WEBP"]) as image:
        for index in range(getattr(image, "n_frames", 1)):
            image.seek(index)
            image.load()
        if image.size != (picture.width, picture.height):
            raise Wrong(f"{image.size} came out for {picture.width} x {picture.height}")


def _refused(mutant: Mutant, error: Exception, *, is_accepted: bool) -> Outcome:
    sniffed = sniff(mutant.data[:32])
    told = isinstance(error, ConversionError) and error.code in set(ErrorCode)
    code = error.code if isinstance(error, ConversionError) and told else FAILURE
    message = str(error) if told else "".join(traceback.format_exception(error))
    return Outcome(mutant, sniffed.name if sniffed else "other", code, message, is_accepted)
