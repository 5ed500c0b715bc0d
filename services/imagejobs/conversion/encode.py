"""From frames to the bytes of a WebP."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from imagejobs.conversion.changes import Change, changes
from imagejobs.conversion.errors import ConversionError, ErrorCode
from imagejobs.conversion.formats import WEBP, sniff
from imagejobs.conversion.magick import MagickImage
from imagejobs.conversion.options import Options
from imagejobs.conversion.webp_animation import WebPFrame, assemble_animation

LOSSLESS_EFFORT = 70
"""libwebp takes the quality of a lossless picture as effort; above 75 it becomes several times slower."""

_Encoder = Callable[[MagickImage], bytes]


@dataclass(frozen=True, slots=True)
class Timing:
    """How an animation plays; a still has no durations."""

    loop_count: int
    durations_ms: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Encoded:
    """The bytes of a WebP, and whether it repeats the pixels exactly."""

    data: bytes
    lossless: bool


def encode(frames: Sequence[MagickImage], timing: Timing, options: Options, *, try_lossless: bool) -> Encoded:
    """Encode lossy, if asked lossless too, and keep the smaller. Raises ConversionError or Wand's exceptions."""
    with changes(frames, timing.durations_ms or (0,)) as parts:
        canvas = frames[0].size
        lossy = Encoded(_encode_parts(canvas, parts, timing, lambda part: _lossy(part, options)), lossless=False)
        if not try_lossless:
            return lossy
        lossless = Encoded(_encode_parts(canvas, parts, timing, lambda part: _lossless(part, options)), lossless=True)
    return min(lossless, lossy, key=lambda encoded: len(encoded.data))


def _encode_parts(canvas: tuple[int, int], parts: Sequence[Change], timing: Timing, encoder: _Encoder) -> bytes:
    if len(parts) == 1:  # Also an animation in which nothing moves.
        return encoder(parts[0].image)
    frames = [_webp_frame(part, encoder) for part in parts]
    return assemble_animation(*canvas, frames, timing.loop_count)


def _webp_frame(part: Change, encoder: _Encoder) -> WebPFrame:
    width, height = part.image.size
    return WebPFrame(part.x, part.y, width, height, part.duration_ms, encoder(part.image))


def _lossy(frame: MagickImage, options: Options) -> bytes:
    return _encode_frame(frame, options.quality, {"webp:method": str(options.method), "webp:alpha-quality": "100"})


def _lossless(frame: MagickImage, options: Options) -> bytes:
    return _encode_frame(frame, LOSSLESS_EFFORT, {"webp:method": str(options.method), "webp:lossless": "true"})


def _encode_frame(frame: MagickImage, quality: int, settings: dict[str, str]) -> bytes:
    with frame.clone() as copy:
        copy.options.update(settings)
        copy.compression_quality = quality
        # The format as an argument: the property alone leaves the decoder's format in force.
        data = copy.make_blob("webp")
    if not data or sniff(data) is not WEBP:
        raise ConversionError(
            ErrorCode.CONVERSION_FAILED, "ImageMagick wrote no WebP. Check that it was built with libwebp."
        )
    return bytes(data)
