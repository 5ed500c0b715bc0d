"""From a picture to the bytes of a WebP: which encodings are tried, and which one wins."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from imagejobs.conversion.encoding import Encoding
from imagejobs.conversion.errors import ConversionError, ErrorCode
from imagejobs.conversion.formats import WEBP, sniff
from imagejobs.conversion.magick import MagickImage

_THOROUGH, _QUICK = 100, 0
"""libwebp takes the quality of a lossless picture as effort: 100 takes two to three times as long as 0 for 5 to 20 %
fewer bytes. Version 7 of ImageMagick makes anything between the two near lossless."""
_SMALL = 100_000
"""Pixels of pictures that are encoded with either effort: there 0 may win by a few bytes."""
EXACT, NEAR_LOSSLESS = 100, 60
"""The receipt's qualities of lossless pictures: values of libwebp's option that `near_lossless` follows."""
_STRIP_ROWS = 16
_STRIPS = 2
_QUICK_METHOD = 2
_FLAT = 2
"""Strips that take this much more bytes lossless than lossy belong to a picture that lossy wins by far."""


@dataclass(frozen=True, slots=True)
class Effort:
    """What the encoder is told: libwebp's quality of lossy pictures and its method.

    With `weigh` pictures that look flat are tried lossless too; `thorough` is for single pictures.
    """

    quality: int
    method: int
    weigh: bool
    thorough: bool = True


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
        yield _encode_as(encoding, image, effort)
    yield _encode_as(Encoding.LOSSY, image, effort)


def _promising(image: MagickImage, effort: Effort) -> list[Encoding]:
    """The lossless ways that may win, judged by what a few rows cost: drawings, screenshots, diagrams."""
    width, height = image.size
    if height <= _STRIP_ROWS * (_STRIPS + 1):
        return [Encoding.LOSSLESS, Encoding.NEAR_LOSSLESS]
    quick = replace(effort, method=_QUICK_METHOD, thorough=False)
    cost: Counter[Encoding] = Counter()
    for top in _strip_tops(height):
        with image.clone() as strip:
            strip.crop(0, top, width, top + _STRIP_ROWS)
            strip.reset_coords()
            for encoding in (Encoding.LOSSY, Encoding.LOSSLESS, Encoding.NEAR_LOSSLESS):
                cost[encoding] += len(_encode_as(encoding, strip, quick).data)
    bounds = {Encoding.LOSSLESS: _FLAT * cost[Encoding.LOSSY], Encoding.NEAR_LOSSLESS: cost[Encoding.LOSSLESS]}
    return [encoding for encoding, bound in bounds.items() if cost[encoding] <= min(bound, bounds[Encoding.LOSSLESS])]


def _strip_tops(height: int) -> list[int]:
    return [height * (index + 1) // (_STRIPS + 1) for index in range(_STRIPS)]


def _encode_as(encoding: Encoding, image: MagickImage, effort: Effort) -> Encoded:
    if encoding is Encoding.LOSSY:
        return Encoded(encoding, effort.quality, encode_lossy(image, effort.quality, effort.method))
    if encoding is Encoding.LOSSLESS:
        return Encoded(encoding, EXACT, _encode_lossless(image, effort))
    with _nearly(image) as near:
        return Encoded(encoding, NEAR_LOSSLESS, _encode_lossless(near, effort))


def _nearly(image: MagickImage) -> MagickImage:
    """A copy with fewer different values. The caller closes it."""
    from imagejobs.conversion.near_lossless import nearly  # noqa: PLC0415 - numpy, for those who get here only

    width, height = image.size
    channels = "RGBA" if image.alpha_channel else "RGB"
    copy = image.clone()
    copy.import_bytes(channels, nearly(image.export_bytes(channels), width, height))
    return copy


def _encode_lossless(image: MagickImage, effort: Effort) -> bytes:
    settings = {"webp:method": str(effort.method), "webp:lossless": "true"}
    width, height = image.size
    is_small = width * height <= _SMALL
    tries = [_THOROUGH, _QUICK] if effort.thorough and is_small else [_THOROUGH if effort.thorough else _QUICK]
    return min((_encode(image, each, settings) for each in tries), key=len)


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
