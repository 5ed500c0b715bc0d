"""Find the parts of a file: chunks, segments, blocks, boxes, fields. In a damaged file it ends at the damage."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from imagejobs.conversion.formats.registry import sniff

Order = Literal["little", "big"]
_MAX_PIECES = 500
_MAX_DEPTH = 4
_MAX_PAGES = 4
_TIFF_TYPE_BYTES = {3: 2, 4: 4, 5: 8, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
"""Bytes of a value by field type; all other types have 1 (TIFF 6.0, section 2; BigTIFF)."""
_HEADER_OF_CONTAINER = {b"meta": 4, b"iprp": 0, b"ipco": 0, b"iinf": 6, b"iref": 4, b"grpl": 0}
"""Bytes of content before the first inner box, by box type."""


@dataclass(frozen=True, slots=True)
class Number:
    """The place of an integer in a file."""

    at: int
    size: int
    order: Order

    def read(self, data: bytes) -> int:
        """The value; if the file ends within the number, the value of the bytes that exist."""
        return int.from_bytes(data[self.at : self.at + self.size], self.order)

    def written(self, data: bytes, value: int) -> bytes:
        """The file with another value, modulo the number's size."""
        number = (value % (1 << 8 * self.size)).to_bytes(self.size, self.order)
        return data[: self.at] + number + data[self.at + self.size :]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a file from `start` to `end`. `kind` is where its type is stored.

    `around` are the length fields of the parts that enclose it.
    """

    start: int
    payload: int
    end: int
    kind: slice
    length: Number
    around: tuple[Number, ...] = ()


def pieces(data: bytes) -> list[Piece]:
    """The parts of a file, whose format is known by its first bytes; empty for an unknown format."""
    found = sniff(data[:32])
    walk = _WALKS.get(found.name) if found else None
    return list(islice(walk(data), _MAX_PIECES)) if walk else []


def _png(data: bytes) -> Iterator[Piece]:
    at = 8
    while at + 12 <= len(data):
        length = Number(at, 4, "big")
        end = at + 12 + length.read(data)
        if end > len(data):
            return
        yield Piece(at, at + 8, end, slice(at + 4, at + 8), length)
        at = end


def _jpeg(data: bytes) -> Iterator[Piece]:
    """The segments; a scan's segment includes the scan's data."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        length = Number(at + 2, 2, "big")
        end = min(at + 2 + max(length.read(data), 2), len(data))
        if data[at + 1] == 0xDA:
            while end < len(data) and not (data[end] == 0xFF and data[end + 1 : end + 2] > b"\xd7"):
                end = data.find(b"\xff", end + 1) if b"\xff" in data[end + 1 :] else len(data)
        yield Piece(at, at + 4, end, slice(at + 1, at + 2), length)
        at = end


def _gif(data: bytes) -> Iterator[Piece]:
    at = 13 + _table_bytes(data[10:11])
    while at + 2 < len(data) and data[at] in b"\x21\x2c":
        first = at + 2 if data[at] == 0x21 else at + 11 + _table_bytes(data[at + 9 : at + 10])
        end = first
        while end < len(data) and data[end]:
            end += data[end] + 1
        if end >= len(data):
            return
        yield Piece(at, at + 1, end + 1, slice(at, at + 1), Number(first, 1, "little"))
        at = end + 1


def _table_bytes(flags: bytes) -> int:
    return 3 << (flags[0] & 7) + 1 if flags and flags[0] & 0x80 else 0


def _riff(data: bytes, at: int = 12, limit: int | None = None, around: tuple[Number, ...] = ()) -> Iterator[Piece]:
    around = around or (Number(4, 4, "little"),)
    limit = len(data) if limit is None else limit
    while at + 8 <= limit:
        length = Number(at + 4, 4, "little")
        end = at + 8 + length.read(data)
        if end > limit:
            return
        yield Piece(at, at + 8, min(end + end % 2, limit), slice(at, at + 4), length, around)
        if data[at : at + 4] == b"ANMF" and len(around) == 1:
            yield from _riff(data, at + 24, end, (*around, length))
        at = end + end % 2


def _boxes(data: bytes, at: int = 0, limit: int | None = None, around: tuple[Number, ...] = ()) -> Iterator[Piece]:
    limit = len(data) if limit is None else limit
    while at + 8 <= limit:
        length, kind = Number(at, 4, "big"), data[at + 4 : at + 8]
        end = at + (length.read(data) or limit - at)
        if not at + 8 <= end <= limit:
            return
        yield Piece(at, at + 8, end, slice(at + 4, at + 8), length, around)
        if kind in _HEADER_OF_CONTAINER and len(around) < _MAX_DEPTH:
            yield from _boxes(data, at + 8 + _HEADER_OF_CONTAINER[kind], end, (*around, length))
        at = end


def _tiff(data: bytes) -> Iterator[Piece]:
    """The fields of the first pages. A field's values follow it if they are stored elsewhere."""
    order: Order = "little" if data[:2] == b"II" else "big"
    is_big = 43 in data[2:4]
    count_size, wide, entry = (8, 8, 20) if is_big else (2, 4, 12)
    at = Number(8 if is_big else 4, wide, order).read(data)
    for _ in range(_MAX_PAGES):
        fields = min(Number(at, count_size, order).read(data), _MAX_PIECES)
        for index in range(fields):
            start = at + count_size + index * entry
            if start + entry > len(data):
                return
            length = Number(start + 4, wide, order)
            yield Piece(start, start + 4 + wide, start + entry, slice(start, start + 2), length)
            yield from _tiff_values(data, start, length)
        at = Number(at + count_size + fields * entry, wide, order).read(data)
        if not 0 < at < len(data):
            return


def _tiff_values(data: bytes, start: int, length: Number) -> Iterator[Piece]:
    """The values of the field at `start`, if they are too large for the field itself."""
    size = _TIFF_TYPE_BYTES.get(Number(start + 2, 2, length.order).read(data), 1) * length.read(data)
    place = Number(length.at + length.size, length.size, length.order).read(data)
    if length.size < size <= len(data) - place:
        yield Piece(place, place, place + size, slice(start, start + 2), length)


_WALKS: dict[str, Callable[[bytes], Iterator[Piece]]] = {
    "jpeg": _jpeg,
    "png": _png,
    "gif": _gif,
    "webp": _riff,
    "heic": _boxes,
    "avif": _boxes,
    "tiff": _tiff,
}
