"""From a picture to the bytes of a WebP: which encodings are tried, and which one wins."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from imagejobs.conversion.encoding import Encoding
from imagejobs.conversion.errors import ConversionError, ErrorCode
from imagejobs.conversion.formats import WEBP, sniff
from imagejobs.conversion.magick import MagickImage

LOSSLESS_EFFORT = 70
"""libwebp takes the quality of a lossless picture as effort; above 75 it becomes several times slower."""
NEAR_LOSSLESS = 60
"""The value of libwebp's option that `near_lossless` follows, as the receipt's quality."""
_STRIP_ROWS = 16
_STRIPS = 2
_QUICK_METHOD = 2
_FLAT = 2
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
    for encoding in _promising(image, effort) if effort.weigh else ():
        yield _encode_as(encoding, image, effort.quality, effort.method)
    yield _encode_as(Encoding.LOSSY, image, effort.quality, effort.method)


def _promising(image: MagickImage, effort: Effort) -> list[Encoding]:
    """The lossless ways that may win, judged by what a few rows cost: drawings, screenshots, diagrams."""
    width, height = image.size
    if height <= _STRIP_ROWS * (_STRIPS + 1):
        return [Encoding.LOSSLESS, Encoding.NEAR_LOSSLESS]
    cost: Counter[Encoding] = Counter()
    for top in _strip_tops(height):
        with image.clone() as strip:
            strip.crop(0, top, width, top + _STRIP_ROWS)
            strip.reset_coords()
            for encoding in (Encoding.LOSSY, Encoding.LOSSLESS, Encoding.NEAR_LOSSLESS):
                cost[encoding] += len(_encode_as(encoding, strip, effort.quality, _QUICK_METHOD).data)
    bounds = {Encoding.LOSSLESS: _FLAT * cost[Encoding.LOSSY], Encoding.NEAR_LOSSLESS: cost[Encoding.LOSSLESS]}
    return [encoding for encoding, bound in bounds.items() if cost[encoding] <= min(bound, bounds[Encoding.LOSSLESS])]


def _strip_tops(height: int) -> list[int]:
    return [height * (index + 1) // (_STRIPS + 1) for index in range(_STRIPS)]


def _encode_as(encoding: Encoding, image: MagickImage, quality: int, method: int) -> Encoded:
    if encoding is Encoding.LOSSY:
        return Encoded(encoding, quality, encode_lossy(image, quality, method))
    if encoding is Encoding.LOSSLESS:
        return Encoded(encoding, LOSSLESS_EFFORT, _encode_lossless(image, method))
    with _nearly(image) as near:
        return Encoded(encoding, NEAR_LOSSLESS, _encode_lossless(near, method))


def _nearly(image: MagickImage) -> MagickImage:
    """A copy with fewer different values. The caller closes it."""
    from imagejobs.conversion.near_lossless import nearly  # noqa: PLC0415 - numpy, for those who get here only

    width, height = image.size
    channels = "RGBA" if image.alpha_channel else "RGB"
    copy = image.clone()
    copy.import_bytes(channels, nearly(image.export_bytes(channels), width, height))
    return copy


def _encode_lossless(image: MagickImage, method: int) -> bytes:
    return _encode(image, LOSSLESS_EFFORT, {"webp:method": str(method), "webp:lossless": "true"})


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
