"""Writing a TIFF of one page in the simplest layout, for ImageMagick to read."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from imagejobs.conversion.formats.tiff import tags

ASCII, _SHORT, _LONG, _UNDEFINED = 2, 3, 4, 7
_HEADER, _ENTRY, _INLINE = 8, 12, 4
_BYTES = {ASCII: 1, _SHORT: 2, _LONG: 4, _UNDEFINED: 1}
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
    """The bytes of the file, with at least `min_bytes` besides those of the directory."""
    sizes = [len(strip) for strip in strips]
    offsets = list(accumulate(sizes[:-1], initial=_HEADER))
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
    padding = bytes(max(0, min_bytes - _HEADER - sum(sizes)))
    return write_directory(values, strips) + padding


def write_directory(fields: Mapping[int, tuple[int, bytes]], strips: Sequence[bytes | memoryview] = ()) -> bytes:
    """A file of these strips and one directory. `fields` has the kind and the bytes of each value, by their tags."""
    at = _HEADER + sum(map(len, strips))
    entries, values, values_at = b"", b"", at + 2 + _ENTRY * len(fields) + 4
    for tag, (kind, data) in sorted(fields.items()):
        entries += struct.pack("<HHI", tag, kind, len(data) // _BYTES[kind])
        if len(data) <= _INLINE:
            entries += data.ljust(_INLINE, b"\0")
        else:
            entries += struct.pack("<I", values_at + len(values))
            values += data + bytes(len(data) % 2)
    head, count = struct.pack("<2sHI", b"II", 42, at), struct.pack("<H", len(fields))
    return b"".join([head, *strips, count, entries, bytes(4), values])
