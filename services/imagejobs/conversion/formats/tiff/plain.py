"""Writing a TIFF of one page in the simplest layout, for ImageMagick to read."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from imagejobs.conversion.formats.tiff import tags

_SHORT, _LONG, _UNDEFINED = 3, 4, 7
_HEADER = 8
_BYTES = {_SHORT: 2, _LONG: 4, _UNDEFINED: 1}
"""The bytes of a value of each kind."""


@dataclass(frozen=True, slots=True)
class Plain:
    """A page in strips, with 8 bits a sample. `fields` are further fields, of one number each, by their tags."""

    width: int
    height: int
    photometric: int
    samples: int
    rows_per_strip: int
    fields: Mapping[int, int] = field(default_factory=dict)
    profile: bytes = b""


def write_plain(page: Plain, strips: Sequence[bytes | memoryview], min_bytes: int = 0) -> bytes:
    """The bytes of the file, at least `min_bytes`."""
    sizes = [len(strip) for strip in strips]
    offsets, at = [], _HEADER
    for size in sizes:
        offsets.append(at)
        at += size
    arrays, entries = b"", b""
    values = {
        tags.WIDTH: (_LONG, struct.pack("<I", page.width)),
        tags.HEIGHT: (_LONG, struct.pack("<I", page.height)),
        tags.BITS: (_SHORT, struct.pack("<H", 8) * page.samples),
        tags.PHOTOMETRIC: (_SHORT, struct.pack("<H", page.photometric)),
        tags.STRIP_OFFSETS: (_LONG, struct.pack(f"<{len(offsets)}I", *offsets)),
        tags.SAMPLES: (_SHORT, struct.pack("<H", page.samples)),
        tags.ROWS_PER_STRIP: (_LONG, struct.pack("<I", page.rows_per_strip)),
        tags.STRIP_SIZES: (_LONG, struct.pack(f"<{len(sizes)}I", *sizes)),
    }
    values |= {tag: (_SHORT, struct.pack("<H", value)) for tag, value in page.fields.items()}
    if page.profile:
        values[tags.PROFILE] = (_UNDEFINED, page.profile)
    for tag, (kind, data) in sorted(values.items()):
        entries += struct.pack("<HHI", tag, kind, len(data) // _BYTES[kind])
        if len(data) > 4:
            entries += struct.pack("<I", at + len(arrays))
            arrays += data + bytes(len(data) % 2)
        else:
            entries += data.ljust(4, b"\0")
    head = b"II*\0" + struct.pack("<I", at + len(arrays))
    tail = struct.pack("<H", len(values)) + entries + bytes(4)
    rest = bytes(max(0, min_bytes - at))
    return b"".join([head, *strips, arrays, tail, rest])
