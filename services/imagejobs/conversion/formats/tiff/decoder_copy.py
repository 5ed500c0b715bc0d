"""The copy of a TIFF that the decoder gets: said to be upright, and without what may fail beside the picture."""

import io
import struct

from imagejobs.conversion.formats.byte_reader import ByteReader
from imagejobs.conversion.formats.tiff.directory import read_fields, read_layout
from imagejobs.conversion.formats.tiff.tags import EXIF_DIRECTORY, GPS_DIRECTORY, ORIENTATION

_SHORT, _TOP_LEFT = 3, 1
_REPLACED = frozenset({ORIENTATION, EXIF_DIRECTORY, GPS_DIRECTORY})


def decoder_copy(source: bytes) -> bytes:
    """The file with orientation 1 in its first directory, also in the place of the pointers to EXIF and GPS.

    ImageMagick, 6 and 7, reads JPEG strips and tiles through libtiff's RGBA interface, which undoes the flips but
    not the quarter turns of the orientation that it finds; all else it hands out as stored. It reports an EXIF
    directory that is empty or damaged as if the picture was.
    """
    reader = ByteReader(io.BytesIO(source), "TIFF")
    layout = read_layout(reader)
    fields = read_fields(reader, layout, layout.first)
    head = struct.pack(f"{layout.order}HH{layout.offset}H", ORIENTATION, _SHORT, 1, _TOP_LEFT)
    upright, changed = head.ljust(layout.size(layout.field), b"\0"), bytearray(source)
    for place in (place for place, tag, *_ in fields if tag in _REPLACED):
        changed[place : place + len(upright)] = upright
    return bytes(changed)
