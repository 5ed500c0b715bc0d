"""From a picture to the bytes of a WebP: which encodings are tried, and which one wins."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from imagejobs.conversion.encoding import Encoding
from imagejobs.conversion.errors import ConversionError, ErrorCode
from imagejobs.conversion.formats import WEBP, sniff
from imagejobs.conversion.magick import MagickImage

LOSSLESS_EFFORT = 70
"""libwebp takes the quality of a lossless picture as effort; above 75 it becomes several times slower."""
NEAR_LOSSLESS = 60
"""libwebp's preprocessing of lossless pictures, 100 being none; 60 changes a channel by 3 of 255 at most."""
_STRIP_ROWS = 16
_STRIPS = 2
_FLAT = 1.5
"""Strips that take this much more bytes lossless than lossy belong to a picture that lossy wins by far."""


@dataclass(frozen=True, slots=True)
class Effort:
    """What the encoder is told: libwebp's quality of lossy pictures and its method.

    With `weigh` pictures that look flat are tried lossless too.
    """

    quality: int
    method: int
    weigh: bool


@dataclass(frozen=True, slots=True)
class Encoded:
    """A WebP."""

    encoding: Encoding
    quality: int
    data: bytes


def encode(image: MagickImage, effort: Effort) -> list[Encoded]:
    """Every encoding that was tried, the winner first: the smallest, and of equals the most faithful.

    Raises ConversionError or Wand's exceptions.
    """
    return sorted(_candidates(image, effort), key=lambda encoded: len(encoded.data))


def encode_lossy(image: MagickImage, quality: int, method: int) -> bytes:
    """Encode with VP8; transparency stays exact."""
    return _encode(image, quality, {"webp:method": str(method), "webp:alpha-quality": "100"})


def _candidates(image: MagickImage, effort: Effort) -> Iterator[Encoded]:
    if effort.weigh and _is_flat(image, effort):
        yield Encoded(Encoding.LOSSLESS, LOSSLESS_EFFORT, _encode_lossless(image, effort.method))
        if knows_near_lossless():
            data = _encode_lossless(image, effort.method, near=NEAR_LOSSLESS)
            yield Encoded(Encoding.NEAR_LOSSLESS, NEAR_LOSSLESS, data)
    yield Encoded(Encoding.LOSSY, effort.quality, encode_lossy(image, effort.quality, effort.method))


def _is_flat(image: MagickImage, effort: Effort) -> bool:
    """Whether lossless may win, judged by what a few rows cost either way: drawings, screenshots, diagrams."""
    width, height = image.size
    if height <= _STRIP_ROWS * (_STRIPS + 1):
        return True
    lossless = lossy = 0
    for top in _strip_tops(height):
        with image.clone() as strip:
            strip.crop(0, top, width, top + _STRIP_ROWS)
            strip.reset_coords()
            lossless += len(_encode_lossless(strip, 0))
            lossy += len(encode_lossy(strip, effort.quality, 0))
    return lossless <= _FLAT * lossy


@cache
def knows_near_lossless() -> bool:
    """Whether this ImageMagick hands `webp:near-lossless` to libwebp, found out by trying; 6.9.11 does not."""
    noise = hashlib.shake_128(b"noise").digest(32 * 32 * 3)
    with MagickImage(width=32, height=32, background="white") as image:
        image.import_pixels(channel_map="RGB", storage="char", data=list(noise))
        return _encode_lossless(image, 0, near=0) != _encode_lossless(image, 0)


def _strip_tops(height: int) -> Sequence[int]:
    return [height * (index + 1) // (_STRIPS + 1) for index in range(_STRIPS)]


def _encode_lossless(image: MagickImage, method: int, near: int = 100) -> bytes:
    settings = {"webp:method": str(method), "webp:lossless": "true"}
    if near < 100:
        settings["webp:near-lossless"] = str(near)
    return _encode(image, LOSSLESS_EFFORT, settings)


def _encode(image: MagickImage, quality: int, settings: dict[str, str]) -> bytes:
    with image.clone() as copy:
        copy.options.update(settings)
        copy.compression_quality = quality
        # The format as an argument: the property alone leaves the decoder's format in force.
        data = copy.make_blob("webp")
    if not data or sniff(data) is not WEBP:
        raise ConversionError(
            ErrorCode.CONVERSION_FAILED, "ImageMagick wrote no WebP. Check that it was built with libwebp."
        )
    return bytes(data)
