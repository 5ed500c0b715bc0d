"""Reading and writing the fields of EXIF that the service uses (CIPA DC-008, TIFF 6.0)."""

import struct
from collections.abc import Iterator, Mapping

from imagejobs.conversion.formats.structure import MAX_CREDIT_BYTES
from imagejobs.conversion.formats.tiff.plain import ASCII, write_directory
from imagejobs.conversion.formats.tiff.tags import ARTIST, COPYRIGHT, ORIENTATION

IDENTIFIER = b"Exif\0\0"
"""Precedes EXIF in JPEG segments, and in the WebP chunks of many programs."""
_NUMBERS = {1: "B", 3: "H", 4: "I", 5: "2I", 6: "b", 8: "h", 9: "i", 10: "2i"}
"""The struct format of each numeric type (TIFF 6.0, section 2). The standard has a SHORT for the orientation. Pillow
and libvips accept all of these; a floating-point, text or undefined value counts as no orientation."""
_MAGIC = frozenset({42, 42 << 8})
"""The second number is 42 in the wrong byte order, which Pillow and libvips accept."""
_ENTRY_BYTES = 12
_INLINE_BYTES = 4
MAX_EXIF_BYTES = 1 << 16
"""The most bytes that are read: a JPEG segment has no more, and the first directory is at the beginning."""


def orientation(exif: bytes) -> int:
    """The orientation, 1 to 8; 1 if it is absent or impossible, or if the EXIF is damaged."""
    for tag, kind, count, value in _entries(exif):
        if tag == ORIENTATION:
            number = _number(exif, kind, count, value)
            return int(number) if number in range(1, 9) else 1
    return 1


def credits_of(exif: bytes) -> dict[int, bytes]:
    """The texts of Artist and Copyright by their tags, without absent and blank ones."""
    found = {tag: _text(exif, count, value) for tag, kind, count, value in _entries(exif) if kind == ASCII}
    return {tag: found[tag] for tag in (ARTIST, COPYRIGHT) if found.get(tag, b"").strip(b" \0")}


def write_credits(texts_by_tag: Mapping[int, bytes]) -> bytes:
    """EXIF with one directory that contains these texts and nothing else."""
    return write_directory({tag: (ASCII, text + b"\0") for tag, text in texts_by_tag.items()})


def _entries(exif: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """The whole entries of the first directory: tag, type, count, and four bytes with the value or its offset."""
    exif = _tiff(exif)
    order = _order(exif)
    try:
        magic, directory = struct.unpack_from(f"{order}HI", exif, 2)
        (count,) = struct.unpack_from(f"{order}H", exif, directory)
        for index in range(count if order and magic in _MAGIC else 0):
            yield struct.unpack_from(f"{order}HHI4s", exif, directory + 2 + _ENTRY_BYTES * index)
    except struct.error:
        return


def _number(exif: bytes, kind: int, count: int, value: bytes) -> float:
    """The first of `count` numbers; 0 if the value is not a number or is missing."""
    letters = _order(exif) + _NUMBERS.get(kind, "")
    size = struct.calcsize(letters)
    if not size or not count:
        return 0
    if size * count > _INLINE_BYTES:
        (offset,) = struct.unpack(f"{_order(exif)}I", value)
        value = _tiff(exif)[offset : offset + size]
    if len(value) < size:
        return 0
    number, *divisors = struct.unpack_from(letters, value)
    divisor = divisors[0] if divisors else 1
    return float(number / divisor) if divisor else 0


def _text(exif: bytes, count: int, value: bytes) -> bytes:
    """An ASCII value without trailing zeros. Copyright may contain two texts with a zero between them."""
    if count > _INLINE_BYTES:
        (offset,) = struct.unpack(f"{_order(exif)}I", value)
        value = _tiff(exif)[offset : offset + count]
    return value[: min(count, MAX_CREDIT_BYTES)].rstrip(b"\0")


def _tiff(exif: bytes) -> bytes:
    return exif.removeprefix(IDENTIFIER)


def _order(exif: bytes) -> str:
    return {b"II": "<", b"MM": ">"}.get(_tiff(exif)[:2], "")
