"""One decode, and from it every rendition, frame by frame."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace

from imagejobs.conversion.decoding.decode import decode
from imagejobs.conversion.encoding.encode import Effort
from imagejobs.conversion.encoding.quality import QualityChoice, choose_quality
from imagejobs.conversion.encoding.rendition import Rendition, RenditionEncoder
from imagejobs.conversion.encoding.trial import Encoding
from imagejobs.conversion.errors import corrupt
from imagejobs.conversion.formats.coded_colour import CodedColour
from imagejobs.conversion.formats.exif import write_credits
from imagejobs.conversion.formats.probe import Probe
from imagejobs.conversion.formats.webp.container import exif_overhead
from imagejobs.conversion.magick.errors import processing_errors
from imagejobs.conversion.magick.image import MagickImage
from imagejobs.conversion.options import Options
from imagejobs.conversion.processing.geometry import fit
from imagejobs.conversion.processing.hdr import HdrMapping
from imagejobs.conversion.processing.placeholder import Placeholder, make_placeholder
from imagejobs.conversion.processing.shrink import shrink
from imagejobs.conversion.processing.steps import Preparation, prepare

_FLAT_BYTES_PER_PIXEL = 0.1
"""A lossy source that spends less may be a drawing or a screenshot; photographs spend 0.1 to 0.5."""

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Rendered:
    """The renditions, largest first; `hdr` is what was mapped to SDR; `quality` is what lossy encoding was told."""

    renditions: tuple[Rendition, ...]
    placeholder: Placeholder
    profile_converted: str | None
    hdr: CodedColour | None
    quality: QualityChoice


def render(source: bytes, found: Probe, options: Options, quality: int | None) -> Rendered:
    """Convert a file that was probed; without a quality the first frame decides it. Raises ConversionError."""
    target = fit(found.width, found.height, options.max_side)
    hdr = HdrMapping(found.colour) if found.colour and found.colour.is_hdr else None
    preparation = Preparation(target, found.orientation, hdr, credits=dict(found.credits))
    with ExitStack() as stack, processing_errors(found.format.title, found.width * found.height):
        frames = stack.enter_context(closing(_prepared(source, found, preparation)))
        first, duration_ms = next(frames)
        choice = choose_quality(first, options) if quality is None else QualityChoice(quality)
        weigh = _may_be_flat(source, found)
        thorough, memory_bytes = found.frames == 1, options.max_decoding_bytes
        effort = Effort(choice.quality, options.method, weigh, thorough, memory_bytes)
        placeholder = make_placeholder(first)
        sizes = _sizes(found, options)
        if found.frames == 1:
            exif = _exif(preparation)
            renditions = tuple(_stills(first, sizes, replace(effort, ceiling=len(source) - exif_overhead(exif)), exif))
        else:
            encoders = {
                size: stack.enter_context(RenditionEncoder(effort.for_size(size), found.loop_count)) for size in sizes
            }
            _add(first, duration_ms, encoders)
            for frame, duration_ms in frames:
                _add(frame, duration_ms, encoders)
            renditions = tuple(encoder.finish(_exif(preparation)) for encoder in encoders.values())
    mapped = preparation.hdr.colour if preparation.hdr else None
    return Rendered(renditions, placeholder, preparation.profile_converted, mapped, choice)


def _prepared(source: bytes, found: Probe, preparation: Preparation) -> Generator[tuple[MagickImage, int], None, None]:
    """Each frame, upright and in sRGB, and how long it is shown in milliseconds; it is closed with the next step."""
    for frame, duration_ms in _timed(decode(source, found, preparation.target), found):
        with frame:
            prepare(frame, preparation)
            yield frame, duration_ms


def _timed(frames: Iterator[MagickImage], found: Probe) -> Iterator[tuple[MagickImage, int]]:
    """The frames and their durations. Raises ConversionError `corrupt` where there are not as many as announced."""
    durations = found.durations_ms if found.frames > 1 else (0,)
    try:
        yield from zip(frames, durations, strict=True)
    except ValueError as error:
        raise corrupt(f"The {found.format.title} has not the {found.frames} frame(s) that it announces") from error


def _stills(frame: MagickImage, sizes: Sequence[Size], effort: Effort, exif: bytes) -> Iterator[Rendition]:
    """Each smaller rendition is made from the one before it; a quality that was lowered for the largest is theirs."""
    for size in sizes:
        _shrink_to(frame, size)
        with RenditionEncoder(effort.for_size(size), loop_count=1) as encoder:
            encoder.add(frame, 0)
            rendition = encoder.finish(exif)
        yield rendition
        quality = rendition.quality if rendition.encoding is Encoding.LOSSY else effort.quality
        effort = replace(effort, quality=quality, ceiling=None)


def _add(frame: MagickImage, duration_ms: int, encoders: Mapping[Size, RenditionEncoder]) -> None:
    """Each smaller rendition is made from the one before it."""
    for size, encoder in encoders.items():
        _shrink_to(frame, size)
        encoder.add(frame, duration_ms)


def _shrink_to(frame: MagickImage, size: Size) -> None:
    if frame.size != size and max(frame.size) > max(size):
        shrink(frame, size)


def _exif(preparation: Preparation) -> bytes:
    return write_credits(preparation.credits) if preparation.credits else b""


def _sizes(found: Probe, options: Options) -> list[Size]:
    """The size of each rendition; those that a small source cannot fill are left out."""
    width, height = upright_size(found)
    return list(dict.fromkeys(fit(width, height, side) for side in options.sides))


def upright_size(found: Probe) -> Size:
    """Width and height of the source as it is to be seen."""
    return (found.height, found.width) if found.orientation >= 5 else (found.width, found.height)


def _may_be_flat(source: bytes, found: Probe) -> bool:
    """Whether lossless is worth a look: judged by what the source spends, for a lossless source in any case."""
    return found.format.try_lossless or len(source) < found.pixels * _FLAT_BYTES_PER_PIXEL
