"""How a TIFF or BigTIFF file stores numbers: byte order, size of offsets, and the raw fields of a directory."""

import struct
from dataclasses import dataclass

from imagejobs.conversion.errors import corrupt
from imagejobs.conversion.formats.byte_reader import ByteReader

_BIG = 43
_MAX_FIELDS = 4096
Field = tuple[int, int, int, int, int]
"""Position in the file, tag, kind, number of values, and the last number of the field, read as an offset."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The byte order, the struct letters of counts and offsets, and the position of the first directory."""

    order: str
    count: str
    offset: str
    first: int

    @property
    def field(self) -> str:
        """The struct letters of a field: tag, kind, number of values, and the values or their offset."""
        return f"HH{self.offset}{self.offset}"

    def unpack(self, letters: str, data: bytes) -> tuple[int, ...]:
        """Numbers in the file's byte order."""
        return struct.unpack(self.order + letters, data)

    def size(self, letters: str) -> int:
        """The number of bytes that these letters take."""
        return struct.calcsize(self.order + letters)


def read_layout(reader: ByteReader) -> Layout:
    """The layout that the header of the file declares; `sniff` has recognised the header."""
    head = reader.read(8)
    order = "<" if head[:2] == b"II" else ">"
    (version,) = struct.unpack(f"{order}H", head[2:4])
    count, offset = ("Q", "Q") if version == _BIG else ("H", "I")
    place = reader.read(8) if version == _BIG else head[4:]
    return Layout(order, count, offset, *struct.unpack(order + offset, place))


def read_fields(reader: ByteReader, layout: Layout, at: int) -> list[Field]:
    """All fields of the directory at this position. Afterwards the reader is at the offset of the next directory."""
    reader.seek(at)
    (fields,) = layout.unpack(layout.count, reader.read(layout.size(layout.count)))
    if not 0 < fields <= _MAX_FIELDS:
        raise corrupt(f"The TIFF has an impossible directory at byte {at}")
    start, size = reader.tell(), layout.size(layout.field)
    found = struct.iter_unpack(layout.order + layout.field, reader.read(fields * size))
    return [(start + index * size, *field) for index, field in enumerate(found)]
