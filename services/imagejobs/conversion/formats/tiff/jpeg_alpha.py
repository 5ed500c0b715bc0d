"""RGB with alpha in JPEG strips and tiles, whose colours ImageMagick would multiply by alpha."""

import struct

from imagejobs.conversion.formats.tiff import tags
from imagejobs.conversion.formats.tiff.byte_pictures import BytePicture, Decompress
from imagejobs.conversion.formats.tiff.directory import Directory
from imagejobs.conversion.formats.tiff.plain import Plain, write_plain
from imagejobs.conversion.formats.tiff.samples import Samples

_CHANNELS = "RGBA"
_ROWS_PER_STRIP = 64


def with_plain_alpha(source: bytes, page: Directory, samples: Samples, decompress: Decompress) -> bytes:
    """The same picture in strips without compression, of a file with orientation 1.

    ImageMagick 6 and 7 read JPEG through libtiff's RGBA interface, which multiplies colours by straight alpha and
    leaves premultiplied colours as they are. So the copy that is decoded is always marked as premultiplied.
    """
    field = page.entries[tags.EXTRA_SAMPLES]
    premultiplied = struct.pack(page.layout.order + field.letter, tags.PREMULTIPLIED)
    as_stored = source[: field.at] + premultiplied + source[field.at + len(premultiplied) :]
    width, height = page.first(tags.WIDTH), page.first(tags.HEIGHT)
    data = memoryview(decompress(BytePicture(as_stored, width, height, _CHANNELS)))
    step = _ROWS_PER_STRIP * width * len(_CHANNELS)
    plain = Plain(
        width,
        height,
        tags.RGB,
        len(_CHANNELS),
        _ROWS_PER_STRIP,
        {tags.EXTRA_SAMPLES: samples.alpha},
        page.raw(tags.PROFILE),
    )
    return write_plain(plain, [data[start : start + step] for start in range(0, len(data), step)])
