"""The transparency of a HEIC or AVIF file as a picture of its own: ImageMagick 6 leaves it out.

It is an item like the picture, tied to it by a reference (ISO/IEC 23008-12, 6.6). A copy of the file in which it is the
primary item, and the reference is of no known kind, makes a decoder show it.
"""

import io

from imagejobs.conversion.formats.byte_reader import ByteReader
from imagejobs.conversion.formats.heif.boxes import Box, boxes, find
from imagejobs.conversion.formats.heif.items import Item, read_items
from imagejobs.conversion.formats.heif.structure import find_meta

_ALPHA_KINDS = (b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0", b"urn:mpeg:hevc:2015:auxid:1\0")
_AUXILIARY_OF, _NOTHING_KNOWN = b"auxl", b"free"
_HIDDEN = 1


def find_alpha(source: bytes) -> bytes | None:
    """The file with its transparency as its picture, white being opaque; None for a file that has none."""
    _, meta = find_meta(ByteReader(io.BytesIO(source), "HEIF"), "HEIF")
    items = read_items(meta.data)
    of_primary = (
        number
        for number, item in items.by_id.items()
        if _is_alpha(item) and items.primary in item.references.get(_AUXILIARY_OF, ())
    )
    number = next(of_primary, None)
    return None if number is None else _with_primary(source, meta, number)


def _is_alpha(item: Item) -> bool:
    return any(box.kind == b"auxC" and box.data[4:].startswith(_ALPHA_KINDS) for box in item.properties)


def _with_primary(source: bytes, meta: Box, number: int) -> bytes:
    changed = bytearray(source)
    content, start = meta.data[4:], meta.at + 4
    if pitm := find(content, b"pitm"):
        size = 4 if pitm.data[0] else 2
        changed[start + pitm.at + 4 : start + pitm.at + 4 + size] = number.to_bytes(size, "big")
    if iinf := find(content, b"iinf"):
        head = 8 if iinf.data[0] else 6
        for entry in boxes(iinf.data[head:]):
            changed[start + iinf.at + head + entry.at + 3] &= ~_HIDDEN & 0xFF
    if iref := find(content, b"iref"):
        for reference in boxes(iref.data[4:]):
            kind = start + iref.at + 4 + reference.at - 4
            if changed[kind : kind + 4] == _AUXILIARY_OF:
                changed[kind : kind + 4] = _NOTHING_KNOWN
    return bytes(changed)
