"""The conversion as its callers see it: image bytes in, a WebP in every wanted size and a receipt out."""

import hashlib
import io
import time
from dataclasses import dataclass, replace

from imagejobs.conversion.colour.primaries import CHROMATICITIES
from imagejobs.conversion.encoding.lowering import lower_animation
from imagejobs.conversion.encoding.rendition import Rendition
from imagejobs.conversion.encoding.trial import Encoding, Trial
from imagejobs.conversion.errors import ConversionError, ErrorCode
from imagejobs.conversion.formats.coded_colour import PQ, REFERENCE_WHITE, CodedColour
from imagejobs.conversion.formats.probe import Probe, probe
from imagejobs.conversion.formats.registry import PNG
from imagejobs.conversion.magick.library import encoder_name
from imagejobs.conversion.options import Options
from imagejobs.conversion.pipeline import Rendered, inspect, run
from imagejobs.conversion.processing.geometry import upright
from imagejobs.conversion.processing.placeholder import Placeholder
from imagejobs.conversion.reason import reason
from imagejobs.conversion.receipt import ImageFacts, Receipt

_CHEAP_PIXELS = 10_000_000
"""Animations with more pixels, summed over all frames, are not converted a second time to save bytes."""

_DAMAGED = frozenset({ErrorCode.CORRUPT, ErrorCode.TRUNCATED})


@dataclass(frozen=True, slots=True)
class Conversion:
    """The renditions, largest first, the receipt of how they were made, and the placeholder to show while they load."""

    renditions: tuple[Rendition, ...]
    receipt: Receipt
    placeholder: Placeholder

    @property
    def data(self) -> bytes:
        """The bytes of the largest rendition."""
        return self.renditions[0].data


def convert(source: bytes, options: Options) -> Conversion:
    """Convert an image to WebP. Thread-safe. The same source and options give the same bytes.

    Raises ConversionError, and nothing else, for a file that cannot be converted.
    """
    started = time.monotonic()
    found, attempts = _attempts_or_still(source, inspect(source, options), options)
    best = attempts[0]
    output = best.renditions[0]
    receipt = Receipt(
        source=_facts(source, found, upright(found.width, found.height, found.orientation)),
        output=_facts(output.data, probe(io.BytesIO(output.data)), (output.width, output.height)),
        orientation=found.orientation,
        profile_converted=best.profile_converted,
        encoding=output.encoding,
        quality=output.quality,
        tried=_tried(attempts),
        reason=reason(attempts, len(source), options),
        notes=_notes(found, best.hdr),
        encoder=encoder_name(),
        duration_ms=round((time.monotonic() - started) * 1000),
    )
    return Conversion(best.renditions, receipt, best.placeholder)


def _attempts_or_still(source: bytes, found: Probe, options: Options) -> tuple[Probe, list[Rendered]]:
    """The structure that was used for the conversion, and the attempts.

    If a frame of an animated PNG cannot be decoded, its still is converted, as the PNG standard requires.
    """
    try:
        return found, _attempts(source, found, options)
    except ConversionError as error:
        if found.format is not PNG or not found.durations_ms or error.code not in _DAMAGED:
            raise
        note = "APNG: only the still is kept, because the animation is damaged: a frame cannot be decoded"
        still = found.as_still(note)
        return still, _attempts(source, still, options)


def _attempts(source: bytes, found: Probe, options: Options) -> list[Rendered]:
    """One or two attempts, the better one first. An animation that becomes larger than its source is converted again at
    a lower quality. A still is converted once, because the encoder lowers its quality itself.
    """
    first = run(source, found, options)
    output = first.renditions[0]
    if found.frames == 1 or len(output.data) <= len(source) or found.pixels > _CHEAP_PIXELS:
        return [first]
    lossy_bytes = next((each.bytes for each in output.tried if each.encoding is Encoding.LOSSY), len(output.data))
    quality = lower_animation(first.quality.quality, lossy_bytes, len(source))
    if quality is None:
        return [first]
    second = run(source, found, replace(options, quality=quality))
    return [second, first] if len(second.renditions[0].data) <= len(source) else [first, second]


def _tried(attempts: list[Rendered]) -> tuple[Trial, ...]:
    """The encodings of the largest rendition, each once, those of the better attempt first."""
    return tuple(dict.fromkeys(trial for attempt in attempts for trial in attempt.renditions[0].tried))


def _notes(found: Probe, hdr: CodedColour | None) -> tuple[str, ...]:
    """Sentences for people: the parts of the source that are not in the output, and HDR that was mapped to SDR."""
    if hdr is None:
        return found.notes
    curve = "PQ" if hdr.transfer == PQ else "HLG"
    space, _ = CHROMATICITIES[hdr.primaries]
    mapped = f"HDR ({curve}, {space}) tone-mapped to SDR by BT.2390, reference white {REFERENCE_WHITE} cd/m2"
    return (*found.notes, mapped)


def _facts(data: bytes, found: Probe, size: tuple[int, int]) -> ImageFacts:
    return ImageFacts(found.format.mimetype, len(data), *size, found.frames, hashlib.sha256(data).hexdigest())
