"""The EXIF of a HEIC or AVIF picture, which is an item that refers to the picture (ISO/IEC 23008-12, A.2.1)."""

from imagejobs.conversion.formats.byte_reader import ByteReader
from imagejobs.conversion.formats.exif import MAX_EXIF_BYTES
from imagejobs.conversion.formats.heif.items import IN_FILE, IN_IDAT, Item, Items

_EXIF, _DESCRIBES = b"Exif", b"cdsc"
_TURNING = frozenset({b"irot", b"imir"})
_MAX_EXTENTS = 64
_OFFSET_BYTES = 4


def read_exif(reader: ByteReader, items: Items) -> bytes:
    """The first 64 KB of the EXIF, from its TIFF header on; empty if it is absent or damaged."""
    found = (item for item in items.by_id.values() if item.kind == _EXIF and _describes(item, items.primary))
    item = next(found, None)
    if item is None:
        return b""
    data = _first_bytes(reader, items, item)
    # The item begins with the distance from this number to the TIFF header: 6 if "Exif" and two zeros are between.
    start = _OFFSET_BYTES + int.from_bytes(data[:_OFFSET_BYTES], "big")
    return data[start:]


def is_turned_by_boxes(primary: Item) -> bool:
    """Whether the boxes `irot` or `imir` rotate or mirror the picture."""
    return any(box.kind in _TURNING for box in primary.properties)


def _describes(item: Item, primary: int) -> bool:
    return primary in item.references.get(_DESCRIBES, ())


def _first_bytes(reader: ByteReader, items: Items, item: Item) -> bytes:
    data = b""
    for extent in item.extents[:_MAX_EXTENTS]:
        count = min(extent.length or MAX_EXIF_BYTES, MAX_EXIF_BYTES - len(data))
        if extent.method == IN_FILE:
            reader.seek(extent.offset)
            data += reader.read_up_to(count)
        elif extent.method == IN_IDAT:
            data += items.idat[extent.offset : extent.offset + count]
    return data
