"""Decoding one picture with ImageMagick."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack

from imagejobs.conversion.decoding.png import complete_png
from imagejobs.conversion.errors import corrupt
from imagejobs.conversion.formats.format import Format, Size
from imagejobs.conversion.formats.registry import PNG
from imagejobs.conversion.magick.errors import reading_errors
from imagejobs.conversion.magick.image import MagickImage

COMPLETIONS: Mapping[str, Callable[[MagickImage, bytes], None]] = {PNG.name: complete_png}
"""The steps that add what the decoder leaves out, by the names of the registry."""


def decode_picture(
    data: bytes, image_format: Format, size: Size, options: Mapping[str, str] | None = None, codec_bytes: int = 0
) -> MagickImage:
    """Decode a still with the decoder of its format and no other.

    `size` is the size that the file announces, `options` are ImageMagick's, and `codec_bytes` is the memory that the
    format's own library needs. Raises ConversionError, also if the decoder returns a picture and reports an error: such
    a picture is not whole.
    """
    image = MagickImage()
    with ExitStack() as on_error, reading_errors(image_format.title, size[0] * size[1], codec_bytes):
        on_error.callback(image.close)
        image.options.update(options or {})
        image.read(blob=image_format.prepare(data), format=image_format.decoder)
        image.raise_decoding_exception()
        if not image.width or not image.height:
            raise corrupt(f"ImageMagick's decoder {image_format.decoder} found no picture in the file")
        if complete := COMPLETIONS.get(image_format.name):
            complete(image, data)
        on_error.pop_all()
    return image


def decode_in_full(data: bytes, image_format: Format, size: Size, codec_bytes: int = 0) -> MagickImage:
    """Decode a still in full. Raises ConversionError, `corrupt` also if the picture has another size than `size`."""
    image = decode_picture(data, image_format, size, codec_bytes=codec_bytes)
    if image.size != size:
        image.close()
        raise corrupt(f"The {image_format.title} has another size than it announces")
    return image
