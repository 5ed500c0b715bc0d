"""The few fields of EXIF that matter here, read from its TIFF structure and written anew (CIPA DC-008, TIFF 6.0)."""

import struct
from collections.abc import Iterator, Mapping

_ORIENTATION = 0x0112
ARTIST, COPYRIGHT = 0x013B, 0x8298
_ASCII, _SHORT = 2, 3
_ENTRY_BYTES = 12
_INLINE_BYTES = 4
MAX_EXIF_BYTES = 1 << 16
"""No more is read: a JPEG segment holds no more, and the first directory stands at the beginning."""
MAX_CREDIT_BYTES = 500
"""Of a credit that is kept; what is longer is no name."""


def orientation(exif: bytes) -> int:
    """The orientation, 1 to 8; 1 for EXIF that has none, an impossible one, or is damaged."""
    for tag, kind, _, value in _entries(exif):
        if tag == _ORIENTATION:
            (number,) = struct.unpack_from(f"{_order(exif)}H", value)
            return number if kind == _SHORT and 1 <= number <= 8 else 1
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
        (directory,) = struct.unpack_from(f"{order}I", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, directory)
        for index in range(count if order else 0):
            yield struct.unpack_from(f"{order}HHI4s", exif, directory + 2 + _ENTRY_BYTES * index)
    except struct.error:
        return


def _text(exif: bytes, count: int, value: bytes) -> bytes:
    """An ASCII value without its end marks; Copyright may hold two texts with a zero between them."""
    if count > _INLINE_BYTES:
        (offset,) = struct.unpack(f"{_order(exif)}I", value)
        value = _tiff(exif)[offset : offset + count]
    return value[: min(count, MAX_CREDIT_BYTES)].rstrip(b"\0")


def _tiff(exif: bytes) -> bytes:
    return exif.removeprefix(b"Exif\0\0")


def _order(exif: bytes) -> str:
    return {b"II": "<", b"MM": ">"}.get(_tiff(exif)[:2], "")
