"""Writing a HEIF file with a single picture, from the items of another file."""

import struct
from collections.abc import Sequence
from itertools import accumulate

from imagejobs.conversion.formats.heif.boxes import fail
from imagejobs.conversion.formats.heif.items import IN_FILE, IN_IDAT, Extent, Item, Items

TRANSFORMS = frozenset({b"clap", b"irot", b"imir"})
COLOURS = frozenset({b"colr", b"pixi"})
_ESSENTIAL = TRANSFORMS | {b"hvcC", b"av1C", b"lsel", b"a1op"}
"""Properties that are marked as essential (ISO/IEC 23008-12, 9.3.1). Decoders refuse this mark on others."""
_LEFT_OUT = frozenset({b"auxC"})
"""auxC would mark the picture as hidden."""
_ESSENTIAL_BIT = 0x8000
_HIDDEN = 1
_PRIMARY = 1


def write_picture(
    source: bytes, items: Items, picture: Item, parts: Sequence[int], without: frozenset[bytes] = frozenset()
) -> bytes:
    """A file whose primary item is `picture`, assembled from the items with the numbers `parts`.

    Properties of the kinds `without` are left out. Raises ConversionError `corrupt`.
    """
    numbers = {part: number for number, part in enumerate(dict.fromkeys(parts), _PRIMARY + 1)}
    written = [picture, *(items.find(part) for part in numbers)]
    data = [_data(source, items, item) for item in written]
    if sum(map(len, data)) > len(source):
        fail("has pictures that share their data")
    brand = b"avif" if any(item.kind == b"av01" for item in written) else b"heic"
    head = _box(b"ftyp", brand, bytes(4), b"mif1", brand)
    described = (
        _full(b"hdlr", bytes(4), b"pict", bytes(13)),
        _full(b"pitm", struct.pack(">I", _PRIMARY), version=1),
        _full(b"iinf", struct.pack(">I", len(written)), *map(_entry, range(1, len(written) + 1), written), version=1),
        _properties(written, without | _LEFT_OUT),
        _references([numbers[part] for part in parts]),
    )
    # The offsets have a fixed size, so that the length of `meta` does not depend on them.
    lengths = list(map(len, data))
    start = len(head) + len(_full(b"meta", *described, _locations(lengths, 0))) + 8
    return b"".join([head, _full(b"meta", *described, _locations(lengths, start)), _box(b"mdat", *data)])


def _data(source: bytes, items: Items, item: Item) -> bytes:
    return b"".join(_extent(source, items.idat, extent) for extent in item.extents)


def _extent(source: bytes, idat: bytes, extent: Extent) -> bytes:
    if extent.method not in {IN_FILE, IN_IDAT}:
        fail("has a picture in another item's data")
    around = source if extent.method == IN_FILE else idat
    return around[extent.offset : extent.offset + extent.length if extent.length else None]


def _entry(number: int, item: Item) -> bytes:
    flags = 0 if number == _PRIMARY else _HIDDEN
    return _full(b"infe", struct.pack(">IH", number, 0), item.kind, b"\0", version=3, flags=flags)


def _properties(written: Sequence[Item], without: frozenset[bytes]) -> bytes:
    indices: dict[bytes, int] = {}
    associations = b""
    for number, item in enumerate(written, _PRIMARY):
        kept = [box for box in item.properties if box.kind not in without]
        chosen = [
            indices.setdefault(_box(box.kind, box.data), len(indices) + 1)
            | (_ESSENTIAL_BIT if box.kind in _ESSENTIAL else 0)
            for box in kept
        ]
        if len(chosen) > 0xFF or len(indices) >= _ESSENTIAL_BIT:
            fail("has too many properties")
        associations += struct.pack(f">IB{len(chosen)}H", number, len(chosen), *chosen)
    ipma = _full(b"ipma", struct.pack(">I", len(written)), associations, version=1, flags=1)
    return _box(b"iprp", _box(b"ipco", *indices), ipma)


def _references(parts: Sequence[int]) -> bytes:
    if not parts:
        return b""
    if len(parts) > 0xFFFF:
        fail("has too many tiles")
    dimg = _box(b"dimg", struct.pack(f">IH{len(parts)}I", _PRIMARY, len(parts), *parts))
    return _full(b"iref", dimg, version=1)


def _locations(lengths: Sequence[int], start: int) -> bytes:
    """In version 2 of `iloc`: item numbers, offsets and lengths have 32 bits."""
    offsets = accumulate(lengths, initial=start)
    each = (
        struct.pack(">IHHHII", number, IN_FILE, 0, 1, offset, length)
        for number, (offset, length) in enumerate(zip(offsets, lengths, strict=False), _PRIMARY)
    )
    return _full(b"iloc", b"\x44\0", struct.pack(">I", len(lengths)), *each, version=2)


def _box(kind: bytes, *parts: bytes) -> bytes:
    return struct.pack(">I4s", 8 + sum(map(len, parts)), kind) + b"".join(parts)


def _full(kind: bytes, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags), *parts)
