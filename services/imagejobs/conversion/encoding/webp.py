"""A picture as the bytes of a WebP, in one encoding."""

from dataclasses import dataclass

from imagejobs.conversion.encoding.effort import Effort
from imagejobs.conversion.encoding.trial import Encoding
from imagejobs.conversion.errors import ConversionError, ErrorCode
from imagejobs.conversion.formats.registry import WEBP, sniff
from imagejobs.conversion.magick.image import MagickImage

EXACT, NEAR_LOSSLESS = 100, 60
"""The qualities of lossless pictures in the receipt: values of libwebp's option `near_lossless`."""
_THOROUGH, _QUICK = 100, 0
"""The efforts of lossless coding, which libwebp takes in place of a quality. 100 takes two to three times as long as 0
for 5 to 20 % fewer bytes. Between the two ImageMagick 7 makes the picture near-lossless."""
_SMALL = 100_000
"""Pictures with at most so many pixels are encoded with both efforts, because 0 may win by a few bytes."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """A picture in one encoding, as the bytes of a WebP."""

    encoding: Encoding
    quality: int
    data: bytes


def encode_in(encoding: Encoding, image: MagickImage, effort: Effort) -> Encoded:
    """Encode a picture in this encoding. Raises ConversionError, Wand's exceptions, MemoryError or ImportError."""
    if encoding is Encoding.LOSSY:
        return Encoded(encoding, effort.quality, encode_lossy(image, effort.quality, effort.method))
    if encoding is Encoding.LOSSLESS:
        return Encoded(encoding, EXACT, encode_lossless(image, effort.method, thorough=effort.thorough))
    return Encoded(encoding, NEAR_LOSSLESS, encode_near_lossless(image, effort.method, thorough=effort.thorough))


def encode_lossy(image: MagickImage, quality: int, method: int) -> bytes:
    """Encode with VP8; transparency stays exact. `quality` is 1 to 99, `method` libwebp's effort, 0 to 6."""
    return _encode(image, quality, {"webp:method": str(method), "webp:alpha-quality": "100"})


def encode_lossless(image: MagickImage, method: int, *, thorough: bool) -> bytes:
    """Encode with VP8L, which keeps every pixel."""
    settings = {"webp:method": str(method), "webp:lossless": "true"}
    efforts = [_THOROUGH if thorough else _QUICK]
    if thorough and image.width * image.height <= _SMALL:
        efforts.append(_QUICK)
    return min((_encode(image, effort, settings) for effort in efforts), key=len)


def encode_near_lossless(image: MagickImage, method: int, *, thorough: bool) -> bytes:
    """Encode with VP8L a copy that has fewer different colours. Raises MemoryError or ImportError without numpy."""
    from imagejobs.conversion.encoding.near_lossless import nearly  # noqa: PLC0415 - loads numpy, which takes memory

    channels = "RGBA" if image.alpha_channel else "RGB"
    with image.clone() as copy:
        copy.import_bytes(channels, nearly(image.export_bytes(channels), *image.size))
        return encode_lossless(copy, method, thorough=thorough)


def _encode(image: MagickImage, quality: int, settings: dict[str, str]) -> bytes:
    with image.clone() as copy:
        copy.options.update(settings)
        copy.compression_quality = quality
        # As an argument, because setting the image's property `format` does not override the decoder's format.
        data = copy.make_blob("webp")
    if not data or sniff(data) is not WEBP:
        raise ConversionError(
            ErrorCode.CONVERSION_FAILED, "ImageMagick wrote no WebP. Check that it was built with libwebp."
        )
    return bytes(data)
