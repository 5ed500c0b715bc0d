"""Keeping the decoder from turning a TIFF, so that each is turned once, by what `probe` read."""

import io
import struct

from imagejobs.conversion.formats.byte_reader import ByteReader
from imagejobs.conversion.formats.tiff.directory import read_fields, read_layout

_ORIENTATION, _SHORT, _TOP_LEFT = 274, 3, 1


def without_orientation(source: bytes) -> bytes:
    """The file with orientation 1 in its first directory.

    ImageMagick, 6 and 7, reads JPEG strips and tiles through libtiff's RGBA interface, which undoes the flips but
    not the quarter turns of the orientation that it finds; all else it hands out as stored.
    """
    reader = ByteReader(io.BytesIO(source), "TIFF")
    layout = read_layout(reader)
    fields = read_fields(reader, layout, layout.first)
    head = struct.pack(f"{layout.order}HH{layout.offset}H", _ORIENTATION, _SHORT, 1, _TOP_LEFT)
    upright, changed = head.ljust(layout.size(layout.field), b"\0"), bytearray(source)
    for place in (place for place, tag, *_ in fields if tag == _ORIENTATION):
        changed[place : place + len(upright)] = upright
    return bytes(changed)
