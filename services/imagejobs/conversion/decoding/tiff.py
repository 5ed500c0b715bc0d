"""What ImageMagick is given of a TIFF: the file itself where it reads it right, else the picture written anew."""

import io

from imagejobs.conversion.formats.byte_reader import ByteReader
from imagejobs.conversion.formats.tiff import tags
from imagejobs.conversion.formats.tiff.acceptance import is_read_by_magick
from imagejobs.conversion.formats.tiff.byte_pictures import Decompress
from imagejobs.conversion.formats.tiff.decoder_copy import decoder_copy
from imagejobs.conversion.formats.tiff.directory import read_directory, read_layout
from imagejobs.conversion.formats.tiff.jpeg_alpha import with_plain_alpha
from imagejobs.conversion.formats.tiff.samples import read_samples


def readable_tiff(source: bytes, decompress: Decompress) -> bytes:
    """A TIFF of the first page of an accepted file, stored as there but said to be upright."""
    reader = ByteReader(io.BytesIO(source), "TIFF")
    layout = read_layout(reader)
    page = read_directory(reader, layout, layout.first)
    samples, upright = read_samples(page), decoder_copy(source)
    if is_read_by_magick(samples):
        return upright
    if samples.compression == tags.JPEG:
        return with_plain_alpha(upright, page, samples, decompress)
    from imagejobs.conversion.decoding.tiff_samples import plain_tiff  # noqa: PLC0415 - numpy, which few files need

    return plain_tiff(source, page, decompress)
