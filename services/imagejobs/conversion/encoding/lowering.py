"""The search for a lower lossy quality, for a picture that would have more bytes than its source."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from imagejobs.conversion.magick.image import MagickImage

LOWEST = 40
"""At lower qualities thin strokes of text break up."""
_SMALL = 200_000
"""A picture with at most so many pixels is too small to be judged by a sample of its rows."""
_STRIPS, _STRIP_ROWS = 4, 32
"""The sample of rows is 4 strips of 32."""
_LIKELY = 0.5
"""A sample with less than this share of the expected bytes does not represent the picture, and is not used."""
_DOUBT = 1.1
"""The factor by which an estimate from a sample may be too high."""
_AIM = 0.985
"""The share of the allowed bytes that is the target, so that the first try fits."""
_SLOPE_OF_DRAWINGS, _SLOPE_OF_PHOTOGRAPHS = 0.9, 2.5
"""The slope of the logarithm of the bytes over `_level`, at least and at most, as measured."""

Encode = Callable[[MagickImage, int], bytes]
"""Makes a lossy WebP of a picture at a quality."""


@dataclass(frozen=True, slots=True)
class Lowered:
    """The encoded pictures by quality. `least_bytes` is set if none fits: about the bytes at LOWEST."""

    encoded: dict[int, bytes]
    least_bytes: int | None = None


def lower(image: MagickImage, quality: int, size: int, ceiling: int, encode: Encode) -> Lowered:
    """Search for the highest quality below `quality` at which the picture has at most `ceiling` bytes.

    `size` is its bytes at `quality`. Encodes the picture at most twice, and a sample of its rows. Raises what `encode`
    raises.
    """
    if quality <= LOWEST:
        return Lowered({}, size)
    sampled = _sampled_slope(image, quality, size, encode)
    if sampled is None:
        return _between(image, quality, size, ceiling, encode)
    encoded: dict[int, bytes] = {}
    slope, doubt = sampled, _DOUBT
    while (least := _bytes_at(LOWEST, quality, size, slope)) <= ceiling * doubt and quality > LOWEST:
        at = _quality_for(ceiling * _AIM, quality, size, slope)
        encoded[at] = encode(image, at)
        if len(encoded[at]) <= ceiling or len(encoded) > 1:
            break
        slope, doubt = _slope(quality, size, at, len(encoded[at])), 1
        quality, size = at, len(encoded[at])
    fits = any(len(data) <= ceiling for data in encoded.values())
    return Lowered(encoded, None if fits else max(least, ceiling + 1))


def lower_animation(quality: int, size: int, ceiling: int) -> int | None:
    """Estimate the quality at which an animation, which has `size` bytes at `quality`, has at most `ceiling` bytes.

    None if no allowed quality is low enough.
    """
    if quality <= LOWEST or _bytes_at(LOWEST, quality, size, _SLOPE_OF_PHOTOGRAPHS) > ceiling:
        return None
    return _quality_for(ceiling, quality, size, _SLOPE_OF_DRAWINGS)


def _between(image: MagickImage, quality: int, size: int, ceiling: int, encode: Encode) -> Lowered:
    """Search without a sample: the picture is encoded at LOWEST first, which shows whether any quality fits."""
    lowest = encode(image, LOWEST)
    if len(lowest) > ceiling:
        return Lowered({LOWEST: lowest}, len(lowest))
    at = _quality_for(ceiling * _AIM, quality, size, _slope(quality, size, LOWEST, len(lowest)))
    return Lowered({LOWEST: lowest, at: encode(image, at)} if at > LOWEST else {LOWEST: lowest})


def _sampled_slope(image: MagickImage, quality: int, size: int, encode: Encode) -> float | None:
    """The slope measured on the sample; None if it is not like the whole picture."""
    width, height = image.size
    rows = _STRIPS * _STRIP_ROWS
    if width * height <= _SMALL or height <= rows:
        return None
    high = low = 0
    for index in range(_STRIPS):
        with image.clone() as strip:
            strip.crop(0, (height - _STRIP_ROWS) * (2 * index + 1) // (2 * _STRIPS), width=width, height=_STRIP_ROWS)
            strip.reset_coords()
            high += len(encode(strip, quality))
            low += len(encode(strip, LOWEST))
    is_like_the_whole = high * height >= _LIKELY * size * rows
    return _slope(quality, high, LOWEST, low) if is_like_the_whole else None


def _slope(high: int, high_bytes: int, low: int, low_bytes: int) -> float:
    return max(1e-3, math.log(high_bytes / low_bytes) / (_level(high) - _level(low)))


def _bytes_at(at: int, quality: int, size: int, slope: float) -> int:
    return round(size * math.exp(slope * (_level(at) - _level(quality))))


def _quality_for(target: float, quality: int, size: int, slope: float) -> int:
    """The highest quality below `quality` that should have at most `target` bytes; LOWEST at least."""
    level = _level(quality) - max(0.0, math.log(size / target)) / slope
    return max(LOWEST, min(quality - 1, math.floor(100 * (level * 3 / 2 if level < _level(75) else (level + 1) / 2))))


def _level(quality: int) -> float:
    """libwebp's compression level for a quality (QualityToCompression in src/enc/quant_enc.c).

    The logarithm of the bytes is nearly linear in it.
    """
    share = quality / 100
    return share * 2 / 3 if share < 0.75 else share * 2 - 1
