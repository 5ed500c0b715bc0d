"""Decoding TIFF: the file itself if ImageMagick reads it correctly, else its picture rewritten in a plain layout."""

import io

from imagejobs.conversion.decoding.picture import decode_in_full
from imagejobs.conversion.formats.byte_reader import ByteReader
from imagejobs.conversion.formats.probe import Probe
from imagejobs.conversion.formats.tiff import tags
from imagejobs.conversion.formats.tiff.acceptance import is_read_by_magick
from imagejobs.conversion.formats.tiff.byte_pictures import BytePicture, Decompress
from imagejobs.conversion.formats.tiff.decoder_copy import decoder_copy
from imagejobs.conversion.formats.tiff.directory import read_directory
from imagejobs.conversion.formats.tiff.jpeg_alpha import with_plain_alpha
from imagejobs.conversion.formats.tiff.layout import read_layout
from imagejobs.conversion.formats.tiff.samples import read_samples
from imagejobs.conversion.magick.image import MagickImage


def decode_tiff(source: bytes, probe: Probe) -> MagickImage:
    """The first page of a TIFF that was probed, as stored. Raises ConversionError."""
    readable = _readable(source, lambda picture: _samples(picture, probe))
    return decode_in_full(readable, probe.format, (probe.width, probe.height))


def _readable(source: bytes, decompress: Decompress) -> bytes:
    """A TIFF of the first page that ImageMagick reads correctly, with the pixels as stored, and orientation 1."""
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


def _samples(picture: BytePicture, probe: Probe) -> bytes:
    """The samples of a picture of bytes, row by row."""
    with decode_in_full(picture.data, probe.format, (picture.width, picture.height)) as image:
        return bytes(image.export_bytes(picture.channels))
