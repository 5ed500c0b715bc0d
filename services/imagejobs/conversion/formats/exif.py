"""The few fields of EXIF that matter here, read from its TIFF structure and written anew (CIPA DC-008, TIFF 6.0)."""

import struct
from collections.abc import Iterator, Mapping

IDENTIFIER = b"Exif\0\0"
"""What precedes EXIF in a JPEG's segment, and by habit in a WebP's chunk."""
ARTIST, COPYRIGHT = 0x013B, 0x8298
_ORIENTATION = 0x0112
_ASCII = 2
_NUMBERS = {1: "B", 3: "H", 4: "I", 5: "2I", 6: "b", 8: "h", 9: "i", 10: "2i"}
"""The types of numbers, fractions among them, by struct's letters (TIFF 6.0, section 2). The standard has a SHORT for
the orientation. Pillow and libvips take these too; floating point, texts and undefined bytes turn nothing."""
_MAGIC = frozenset({42, 42 << 8})
"""The latter is in the wrong byte order, which Pillow and libvips pass over."""
_ENTRY_BYTES = 12
_INLINE_BYTES = 4
MAX_EXIF_BYTES = 1 << 16
"""No more is read: a JPEG segment holds no more, and the first directory stands at the beginning."""
MAX_CREDIT_BYTES = 500
"""Of a credit that is kept; what is longer is no name."""


def orientation(exif: bytes) -> int:
    """The orientation, 1 to 8; 1 for EXIF that has none, an impossible one, or is damaged."""
    for tag, kind, count, value in _entries(exif):
        if tag == _ORIENTATION:
            number = _number(exif, kind, count, value)
            return int(number) if number in range(1, 9) else 1
    return 1


def credits_of(exif: bytes) -> dict[int, bytes]:
    """The texts of Artist and Copyright by their tags, as far as they are there and not blank."""
    found = {tag: _text(exif, count, value) for tag, kind, count, value in _entries(exif) if kind == _ASCII}
    return {tag: found[tag] for tag in (ARTIST, COPYRIGHT) if found.get(tag, b"").strip(b" \0")}


def write_credits(texts_by_tag: Mapping[int, bytes]) -> bytes:
    """EXIF of one directory that holds these texts and nothing else."""
    directory_bytes = 2 + _ENTRY_BYTES * len(texts_by_tag) + 4
    entries, texts, at = b"", b"", 8 + directory_bytes
    for tag, text in sorted(texts_by_tag.items()):
        value = text + b"\0"
        is_inline = len(value) <= _INLINE_BYTES
        place = value.ljust(_INLINE_BYTES, b"\0") if is_inline else struct.pack("<I", at + len(texts))
        entries += struct.pack("<HHI", tag, _ASCII, len(value)) + place
        texts += b"" if is_inline else value + bytes(len(value) % 2)
    return struct.pack("<2sHIH", b"II", 42, 8, len(texts_by_tag)) + entries + bytes(4) + texts


def _entries(exif: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """Tag, kind, count and the four bytes of value or offset of the first directory, as far as it is whole."""
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
    """The first of `count` numbers; 0 for values that are not numbers, and for those that are missing."""
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
    """An ASCII value without its end marks; Copyright may hold two texts with a zero between them."""
    if count > _INLINE_BYTES:
        (offset,) = struct.unpack(f"{_order(exif)}I", value)
        value = _tiff(exif)[offset : offset + count]
    return value[: min(count, MAX_CREDIT_BYTES)].rstrip(b"\0")


def _tiff(exif: bytes) -> bytes:
    return exif.removeprefix(IDENTIFIER)


def _order(exif: bytes) -> str:
    return {b"II": "<", b"MM": ">"}.get(_tiff(exif)[:2], "")
