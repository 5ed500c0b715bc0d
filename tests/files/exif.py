"""Write EXIF blocks of given fields, in either byte order, with or without a thumbnail (CIPA DC-008, TIFF 6.0)."""

import struct
from collections.abc import Mapping

ORIENTATION, ARTIST, COPYRIGHT, CAMERA = 0x0112, 0x013B, 0x8298, 0x010F
_GPS, _THUMBNAIL_OFFSET, _THUMBNAIL_LENGTH = 0x8825, 0x0201, 0x0202
_ASCII, _SHORT, _LONG = 2, 3, 4
NUMBERS = {"BYTE": (1, "B"), "LONG": (4, "I"), "SBYTE": (6, "b"), "SSHORT": (8, "h"), "SLONG": (9, "i")}
"""The integer types other than SHORT: TIFF's number and struct's letter."""
FRACTIONS = {"RATIONAL": (5, "2I"), "SRATIONAL": (10, "2i")}
Field = str | int
Entry = tuple[int, int, int, bytes]


def exif(fields: Mapping[int, Field], *, gps: str = "", thumbnail: bytes = b"", order: str = "<") -> bytes:
    """A block that begins with JPEG's identifier. Numbers are stored as SHORT, texts as ASCII (UTF-8 if needed)."""
    entries = [_entry(tag, value, order) for tag, value in fields.items()]
    if gps:
        entries.append((_GPS, _LONG, 1, b""))
    size = _size(entries)
    if gps:
        entries[-1] = (_GPS, _LONG, 1, struct.pack(f"{order}I", 8 + size))
    places = _directory([_entry(0x001D, gps, order)], 8 + size, order) if gps else b""
    second = 8 + size + len(places)
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, 8)
    first = _directory(entries, 8, order, after=second if thumbnail else 0)
    return b"Exif\0\0" + head + first + places + (_thumbnail(thumbnail, second, order) if thumbnail else b"")


def orientation_of_type(kind: int, letters: str, orientation: int, count: int, order: str) -> bytes:
    """A block whose only field is the orientation, stored `count` times as an integer or a fraction of this type."""
    number = (orientation,) if len(letters) == 1 else (2 * orientation, 2)
    data = struct.pack(order + letters, *number) * count
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, 8)
    return b"Exif\0\0" + head + _directory([(ORIENTATION, kind, count, data)], 8, order)


def _thumbnail(data: bytes, start: int, order: str) -> bytes:
    numbers = {_THUMBNAIL_OFFSET: start + 6 + 12 * 2, _THUMBNAIL_LENGTH: len(data)}
    entries = [(tag, _LONG, 1, struct.pack(f"{order}I", number)) for tag, number in numbers.items()]
    return _directory(entries, start, order) + data


def _entry(tag: int, value: Field, order: str) -> Entry:
    if isinstance(value, int):
        return tag, _SHORT, 1, struct.pack(f"{order}H", value)
    text = value.encode() + b"\0"
    return tag, _ASCII, len(text), text


def _size(entries: list[Entry]) -> int:
    return 6 + 12 * len(entries) + sum(len(data) + len(data) % 2 for *_, data in entries if len(data) > 4)


def _directory(entries: list[Entry], start: int, order: str, after: int = 0) -> bytes:
    """A directory: its entries sorted by tag, then the values that are too long for an entry."""
    table, values = struct.pack(f"{order}H", len(entries)), b""
    for tag, kind, count, data in sorted(entries):
        place = data.ljust(4, b"\0")
        if len(data) > 4:
            place = struct.pack(f"{order}I", start + 6 + 12 * len(entries) + len(values))
            values += data + bytes(len(data) % 2)
        table += struct.pack(f"{order}HHI", tag, kind, count) + place
    return table + struct.pack(f"{order}I", after) + values
