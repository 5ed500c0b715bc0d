"""The whole conversion, from bytes to WebP, as lists of steps in the order in which they run.

`inspect` looks at the file before a decoder does. `run` then decodes it and takes its only frame through STILL, or an
animation's frames through FIRST_FRAME and NEXT_FRAME. One decoded frame is in memory at a time. An animation also keeps
its canvas, and the previous frame, which the encoder compares with the next.
"""

import io
from collections.abc import Callable, Generator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import islice

from imagejobs.conversion.decoding.decode import decode
from imagejobs.conversion.encoding.quality import QualityChoice
from imagejobs.conversion.encoding.rendition import Rendition
from imagejobs.conversion.errors import ConversionError, ErrorCode, corrupt
from imagejobs.conversion.formats.coded_colour import CodedColour
from imagejobs.conversion.formats.probe import Probe, check_limits, probe
from imagejobs.conversion.magick.errors import processing_errors
from imagejobs.conversion.magick.image import MagickImage
from imagejobs.conversion.magick.library import apply_limits
from imagejobs.conversion.magick.readable_formats import readable_formats
from imagejobs.conversion.options import Options
from imagejobs.conversion.processing.placeholder import Placeholder
from imagejobs.conversion.processing.steps import Preparation, convert_to_srgb, scale_down, strip_metadata, turn_upright
from imagejobs.conversion.work import Work, add_placeholder, encode_frame, encode_still, find_quality, start_animation

Step = Callable[[MagickImage, Work], None]

PREPARATION: tuple[Callable[[MagickImage, Preparation], None], ...] = (
    scale_down,  # first: every other step then works on fewer pixels, often on a tenth of them
    convert_to_srgb,  # before the profile is stripped
    turn_upright,  # after scaling, whose target is a size as stored; before EXIF is stripped
    strip_metadata,  # last: removes what the steps above read, and keeps the credits
)
"""For every decoded frame. The result is upright, in sRGB, and has the largest size that is wanted."""

DECISIONS: tuple[Step, ...] = (
    find_quality,  # on the prepared picture, because that is what will be encoded
    add_placeholder,  # before encoding, which scales the frame down to the smallest size
)
"""For the first frame, which decides for all."""

STILL: tuple[Step, ...] = (*PREPARATION, *DECISIONS, encode_still)
FIRST_FRAME: tuple[Step, ...] = (*PREPARATION, *DECISIONS, start_animation, encode_frame)
NEXT_FRAME: tuple[Step, ...] = (*PREPARATION, encode_frame)


@dataclass(frozen=True, slots=True)
class Rendered:
    """The renditions, largest first, and how they were made.

    `hdr` has the code points of a source that was mapped to SDR. `quality` is the quality that lossy coding began with.
    """

    renditions: tuple[Rendition, ...]
    placeholder: Placeholder
    profile_converted: str | None
    hdr: CodedColour | None
    quality: QualityChoice


def inspect(source: bytes, options: Options) -> Probe:
    """Read the structure of a file and check it. Raises ConversionError for a file that is not to be decoded."""
    _check_bytes(source, options)  # first: bounds the work of the structure readers
    found = probe(io.BytesIO(source))  # pure Python: no C code has seen the file so far
    _check_decoder(found)
    check_limits(found, options)  # by the announced sizes, before a decoder allocates them
    apply_limits(options, found.most_decoder_bytes)  # last: needs what the structure says about the decoder's memory
    return found


def run(source: bytes, found: Probe, options: Options) -> Rendered:
    """Convert a file that `inspect` accepted. Raises ConversionError."""
    # processing_errors is the inner context: it must see which resource is short before the images are freed.
    with ExitStack() as held, processing_errors(found.format.title, found.width * found.height):
        work = Work.on(source, found, options, held)
        frames = held.enter_context(closing(_decoded(work)))
        steps = STILL if found.frames == 1 else FIRST_FRAME
        for frame, work.duration_ms in frames:
            for step in steps:
                step(frame, work)
            steps = NEXT_FRAME
        if found.frames > 1:
            work.renditions = work.animation.finish(work.exif)
    mapped = work.hdr.colour if work.hdr else None
    return Rendered(work.renditions, work.placeholder, work.profile_converted, mapped, work.quality)


def _check_bytes(source: bytes, options: Options) -> None:
    if len(source) > options.max_bytes:
        raise ConversionError(
            ErrorCode.TOO_LARGE,
            f"The file has {len(source)} bytes; {options.max_bytes} are allowed. Send a smaller file.",
        )


def _check_decoder(found: Probe) -> None:
    if found.format not in readable_formats():
        raise ConversionError(
            ErrorCode.UNSUPPORTED_TYPE,
            f"The image library of this worker has no decoder for {found.format.title}. Send the image as a JPEG or "
            "PNG, or install the decoder.",
        )


def _decoded(work: Work) -> Generator[tuple[MagickImage, int], None, None]:
    """Each frame and how long it is shown, in milliseconds. A frame is closed before the next one is decoded.

    Raises ConversionError `corrupt` if the file has fewer or more frames than it announces.
    """
    found = work.found
    frames, durations = decode(work.source, found, work.target), found.durations_ms
    if found.frames == 1:  # pictures after it are ignored
        frames, durations = islice(frames, 1), (0,)
    try:
        for frame, duration_ms in zip(frames, durations, strict=True):
            with frame:
                yield frame, duration_ms
    except ValueError as error:
        announced = f"The {found.format.title} does not have as many frames as it announces ({found.frames})"
        raise corrupt(announced) from error
