"""What a page shows until the picture is loaded: a ThumbHash of about 25 bytes, and the dominant colour."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from imagejobs.conversion.magick.image import MagickImage
from imagejobs.conversion.processing.geometry import fit
from imagejobs.conversion.processing.thumb_hash import thumb_hash

_SIDE = 32
"""Pixels of the longer side of the picture that is hashed. The finest wave has 7 half periods, so more pixels change
nothing."""
_SAMPLED_SIDE = 256
"""Large pictures are sampled to this side before they are scaled, which is faster."""
_LEVELS = 32
"""The width of a bucket of similar colours, for each channel of 0 to 255."""
_VISIBLE = 128
"""The least alpha of a pixel that counts for the dominant colour."""

Pixels = Sequence[tuple[int, int, int, int]]


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A ThumbHash, and the dominant colour of the visible pixels as `#rrggbb`."""

    thumb_hash: bytes
    dominant_color: str


def make_placeholder(image: MagickImage) -> Placeholder:
    """The placeholder of an upright picture in sRGB or grey."""
    width, height = image.size
    with image.clone() as small:
        small.sample(*fit(width, height, _SAMPLED_SIDE))
        width, height = fit(width, height, _SIDE)
        small.scale(width, height)
        pixels = _pixels(small)
    return Placeholder(thumb_hash(width, height, pixels), _dominant(pixels))


def _pixels(image: MagickImage) -> Pixels:
    red, green, blue = (image.export_bytes(channel) for channel in "RGB")
    # Version 6 leaves the alpha of opaque pictures undefined.
    alpha = image.export_bytes("A") if image.alpha_channel else b"\xff" * len(red)
    return list(zip(red, green, blue, alpha, strict=True))


def _dominant(pixels: Pixels) -> str:
    """The mean of the largest bucket of similar colours; of equally large buckets, of the first in the picture."""
    buckets: dict[tuple[int, ...], list[tuple[int, ...]]] = defaultdict(list)
    for *color, alpha in pixels:
        if alpha >= _VISIBLE:
            buckets[tuple(level // _LEVELS for level in color)].append(tuple(color))
    fullest = max(buckets.values(), key=len, default=[(255, 255, 255)])
    mean = (round(sum(channel) / len(fullest)) for channel in zip(*fullest, strict=True))
    return "#" + "".join(f"{level:02x}" for level in mean)
