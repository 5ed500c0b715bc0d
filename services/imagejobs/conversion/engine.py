"""The conversion itself: bytes in, an optimised WebP and its receipt out."""

import hashlib
import io
import time
from dataclasses import dataclass

from imagejobs.conversion.decode import decode
from imagejobs.conversion.encode import Encoded, Timing, encode
from imagejobs.conversion.errors import ConversionError, ErrorCode
from imagejobs.conversion.geometry import fit
from imagejobs.conversion.magick import apply_limits, encoder_name
from imagejobs.conversion.magick_errors import processing_errors, reading_errors
from imagejobs.conversion.options import Options
from imagejobs.conversion.probe import Probe, check_limits, probe
from imagejobs.conversion.receipt import ImageFacts, Receipt
from imagejobs.conversion.steps import RECIPE, Picture


@dataclass(frozen=True, slots=True)
class Conversion:
    """The bytes of a WebP, and how they came about."""

    data: bytes
    receipt: Receipt


def convert(source: bytes, options: Options) -> Conversion:
    """Convert an image to WebP. May be called from several threads at once; the same bytes give the same bytes.

    Raises ConversionError, and nothing else, for a file that cannot be converted.
    """
    started = time.monotonic()
    _check_size(source, options)
    found = probe(io.BytesIO(source))
    check_limits(found, options)
    apply_limits(options)
    with _decode(source, found, options) as picture:
        encoded = _process(picture, found, options)
        return Conversion(encoded.data, _receipt(source, found, picture, encoded, options, started))


def _check_size(source: bytes, options: Options) -> None:
    if len(source) > options.max_bytes:
        raise ConversionError(
            ErrorCode.TOO_LARGE,
            f"The file has {len(source)} bytes; {options.max_bytes} are allowed. Send a smaller file.",
        )


def _decode(source: bytes, found: Probe, options: Options) -> Picture:
    with reading_errors(found.format.title):
        frames = decode(source, found, fit(found.width, found.height, options.max_side))
    return Picture(frames, found.width, found.height, found.orientation, options.max_side)


def _process(picture: Picture, found: Probe, options: Options) -> Encoded:
    timing = Timing(found.loop_count, found.durations_ms if found.frames > 1 else ())
    with processing_errors(found.format.title):
        for step in RECIPE:
            step(picture)
        return encode(picture.frames, timing, options, try_lossless=found.format.try_lossless)


def _receipt(
    source: bytes, found: Probe, picture: Picture, encoded: Encoded, options: Options, started: float
) -> Receipt:
    written = probe(io.BytesIO(encoded.data))
    return Receipt(
        source=_facts(source, found.format.mimetype, picture.upright_size, found.frames),
        output=_facts(encoded.data, written.format.mimetype, (written.width, written.height), written.frames),
        orientation=picture.orientation,
        profile_converted=picture.profile_converted,
        lossless=encoded.lossless,
        quality=options.quality,
        encoder=encoder_name(),
        duration_ms=round((time.monotonic() - started) * 1000),
    )


def _facts(data: bytes, mimetype: str, size: tuple[int, int], frames: int) -> ImageFacts:
    return ImageFacts(mimetype, len(data), *size, frames, hashlib.sha256(data).hexdigest())
