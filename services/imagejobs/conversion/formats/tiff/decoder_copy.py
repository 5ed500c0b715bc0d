"""A copy of a TIFF for the decoder: with orientation 1, and without EXIF and GPS, which may be damaged."""

import io
import struct

from imagejobs.conversion.formats.byte_reader import ByteReader
from imagejobs.conversion.formats.tiff.layout import read_fields, read_layout
from imagejobs.conversion.formats.tiff.tags import EXIF_DIRECTORY, GPS_DIRECTORY, ORIENTATION

_SHORT, _TOP_LEFT = 3, 1
_REPLACED = frozenset({ORIENTATION, EXIF_DIRECTORY, GPS_DIRECTORY})


def decoder_copy(source: bytes) -> bytes:
    """The file with orientation 1 in its first directory. The same field overwrites the pointers to EXIF and GPS.

    ImageMagick 6 and 7 read JPEG strips and tiles through libtiff's RGBA interface, which applies the flips of an
    orientation but not its quarter turns; all other pictures are read as stored. ImageMagick reports a damaged or empty
    EXIF directory as if the picture were damaged.
    """
    reader = ByteReader(io.BytesIO(source), "TIFF")
    layout = read_layout(reader)
    fields = read_fields(reader, layout, layout.first)
    head = struct.pack(f"{layout.order}HH{layout.offset}H", ORIENTATION, _SHORT, 1, _TOP_LEFT)
    upright, changed = head.ljust(layout.size(layout.field), b"\0"), bytearray(source)
    for place in (place for place, tag, *_ in fields if tag in _REPLACED):
        changed[place : place + len(upright)] = upright
    return bytes(changed)
