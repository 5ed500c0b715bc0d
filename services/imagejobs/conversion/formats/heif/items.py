"""The items of a HEIF file, as its `meta` box describes them (ISO/IEC 14496-12, 8.11; ISO/IEC 23008-12, 9.3)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from imagejobs.conversion.formats.heif.boxes import Box, Cursor, boxes, fail, find, required

PARTS, AUXILIARY_OF = b"dimg", b"auxl"
"""References: to the parts of a derived item, and from an auxiliary item to its picture."""
IN_FILE, IN_IDAT = 0, 1
"""Where the data of an extent is."""
_HIDDEN = 1
_MAX_ENTRIES = 1 << 16
"""The most entries of any list: as many as item numbers of 16 bits. A picture of 50 megapixels needs a fortieth."""


@dataclass(frozen=True, slots=True)
class Extent:
    """A piece of an item's data. `method` is IN_FILE, IN_IDAT (the box), or 2 for the data of another item.

    A length of 0 means up to the end of the file, box or item that contains it.
    """

    method: int
    offset: int
    length: int


@dataclass(slots=True)
class Item:
    """`kind` is the codec, or how the item is derived from others; `properties` are in the order of use."""

    kind: bytes = b""
    is_hidden: bool = False
    extents: list[Extent] = field(default_factory=list)
    properties: list[Box] = field(default_factory=list)
    references: dict[bytes, list[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Items:
    """All items by their number, and the number of the primary one, which is the picture."""

    primary: int
    by_id: Mapping[int, Item]
    idat: bytes

    def find(self, number: int) -> Item:
        """The item of this number. Raises ConversionError `corrupt` if the file does not have it."""
        return self.by_id.get(number) or fail(f"refers to an item {number} that it does not have")


def read_items(meta: bytes) -> Items:
    """The items that this payload of a `meta` box describes. Raises ConversionError `corrupt`."""
    content = Cursor(meta, 4).rest()
    primary = required(content, b"pitm").full()
    idat = find(content, b"idat")
    items = _read_kinds(required(content, b"iinf"))
    _read_locations(required(content, b"iloc"), items)
    _read_properties(required(content, b"iprp").data, items)
    if references := find(content, b"iref"):
        _read_references(references, items)
    return Items(primary[2].uint(4 if primary[0] else 2), items, idat.data if idat else b"")


def has_primary(meta: bytes) -> bool:
    """Whether this payload of a `meta` box names a primary item. A file without one has no still picture."""
    return find(Cursor(meta, 4).rest(), b"pitm") is not None


def _read_kinds(iinf: Box) -> dict[int, Item]:
    version, _, cursor = iinf.full()
    cursor.uint(4 if version else 2)
    items: dict[int, Item] = {}
    for entry in boxes(cursor.rest()):
        version, flags, fields = entry.full()
        if entry.kind == b"infe" and version in {2, 3}:
            number = fields.uint(2 if version == 2 else 4)
            fields.take(2)
            items[number] = Item(fields.take(4), bool(flags & _HIDDEN))
    return items


def _read_locations(iloc: Box, items: Mapping[int, Item]) -> None:
    version, _, cursor = iloc.full()
    sizes = cursor.uint(2)
    offset_size, length_size, base_size, index_size = (sizes >> shift & 0xF for shift in (12, 8, 4, 0))
    wide, listed = 4 if version >= 2 else 2, 0
    for _ in range(_check_count(cursor.uint(wide))):
        item = items.get(cursor.uint(wide))
        method = cursor.uint(2) & 0xF if version else 0
        cursor.take(2)
        base = cursor.uint(base_size)
        extents = cursor.uint(2)
        listed = _check_count(listed + extents)  # An extent may take no bytes at all.
        for _ in range(extents):
            cursor.take(index_size if version else 0)
            extent = Extent(method, base + cursor.uint(offset_size), cursor.uint(length_size))
            if item:
                item.extents.append(extent)


def _read_properties(iprp: bytes, items: Mapping[int, Item]) -> None:
    properties, listed = list(boxes(required(iprp, b"ipco").data)), 0
    for association in (box for box in boxes(iprp) if box.kind == b"ipma"):
        version, flags, cursor = association.full()
        size, mask = (2, 0x7FFF) if flags & 1 else (1, 0x7F)
        for _ in range(_check_count(cursor.uint(4))):
            item = items.get(cursor.uint(4 if version else 2))
            count = cursor.uint(1)
            listed = _check_count(listed + count)
            for _ in range(count):
                index = cursor.uint(size) & mask
                if index > len(properties):
                    fail("refers to a property that it does not have")
                if item and index:
                    item.properties.append(properties[index - 1])


def _read_references(iref: Box, items: Mapping[int, Item]) -> None:
    version, _, cursor = iref.full()
    for reference in boxes(cursor.rest()):
        fields, size = reference.cursor(), 4 if version else 2
        item = items.get(fields.uint(size))
        targets = [fields.uint(size) for _ in range(fields.uint(2))]
        if item:
            item.references.setdefault(reference.kind, []).extend(targets)


def _check_count(count: int) -> int:
    return count if count <= _MAX_ENTRIES else fail("has too many items")
