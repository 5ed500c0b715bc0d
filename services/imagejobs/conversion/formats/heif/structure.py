"""The picture of a HEIC or AVIF file: ISO/IEC 23008-12 with HEVC or AV1, as cameras and libavif write it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache

from imagejobs.conversion.errors import ConversionError, ErrorCode, truncated
from imagejobs.conversion.formats.byte_reader import ByteReader
from imagejobs.conversion.formats.heif.boxes import Box, fail, read_box_header, shown
from imagejobs.conversion.formats.heif.colour import coded_colour
from imagejobs.conversion.formats.heif.items import Extent, Item, Items, read_items
from imagejobs.conversion.formats.heif.samples import decoder_bytes_per_pixel
from imagejobs.conversion.formats.heif.transforms import area, shown_size
from imagejobs.conversion.formats.structure import Structure

_MAX_META = 2 << 20
_MAX_BOXES_BEFORE_META = 64
_SEQUENCES = frozenset({b"msf1", b"hevc", b"hevx", b"avis"})
_DERIVED = frozenset({b"grid", b"iovl", b"iden"})
_CODED = frozenset({b"hvc1", b"hev1", b"av01"})
_PARTS, _AUXILIARY_OF, _THUMBNAIL_OF = b"dimg", b"auxl", b"thmb"
_IN_FILE, _IN_IDAT = 0, 1
_AT_LEAST = 1
"""What an extent of length 0 has: it reaches to the end of what it lies in."""


def read_heic(reader: ByteReader) -> Structure:
    """The primary picture, coded with HEVC. Raises ConversionError."""
    return _read(reader, "HEIC", frozenset({b"hvc1", b"hev1"}))


def read_avif(reader: ByteReader) -> Structure:
    """The primary picture, coded with AV1. Raises ConversionError."""
    return _read(reader, "AVIF", frozenset({b"av01"}))


def _read(reader: ByteReader, title: str, codecs: frozenset[bytes]) -> Structure:
    """Width and height are those after the file's own turning and cropping, which decoders apply: no EXIF does more.

    `pixels` counts what is decoded for it if that is more: before cropping, all tiles, or its transparency.
    """
    brands, items = read_file(reader, title)
    primary = items.find(items.primary)
    parts = [items.find(number) for number in parts_of(primary)]
    _check_kinds({part.kind for part in parts or [primary]}, codecs, title)
    for item in items.by_id.values():
        _check_extents(item, items, reader.size, title)
    if not all(part.extents for part in parts or [primary]):
        fail("lacks the data of its picture")
    width, height = shown_size(primary)
    pixels = max(width * height, _most_pixels(items, [primary, *_auxiliaries(items)]))
    needed = pixels * decoder_bytes_per_pixel(parts or [primary])
    notes, colour = _notes(title, brands, items), coded_colour([primary, *parts[:1]])
    return Structure(width, height, 1, pixels, notes=notes, decoder_bytes=needed, colour=colour)


def read_file(reader: ByteReader, title: str) -> tuple[bytes, Items]:
    """The brands of the `ftyp` box, and the items that `meta` describes."""
    brands, meta = find_meta(reader, title)
    return brands, read_items(meta.data)


def find_meta(reader: ByteReader, title: str) -> tuple[bytes, Box]:
    """The brands of the `ftyp` box, and the `meta` box; what lies between the two is passed over."""
    brands = b""
    for _ in range(_MAX_BOXES_BEFORE_META):
        start = reader.tell()
        head = reader.read_up_to(16)
        if not head:
            break
        if len(head) < 8:
            raise truncated(f"The {title} ends after {reader.size} bytes, in the middle of a box")
        size, kind, header = read_box_header(head)
        end = start + size if size else reader.size
        reader.seek(end)
        reader.seek(start + header)
        if kind == b"ftyp":
            brands = reader.read(min(end - start - header, _MAX_META))
        elif kind == b"meta":
            if end - start > _MAX_META:
                fail("describes itself at an impossible length")
            return brands, Box(kind, reader.read(end - start - header), start + header)
        reader.seek(end)
    if {brands[:4]} & _SEQUENCES:
        raise ConversionError(
            ErrorCode.UNSUPPORTED_TYPE, f"The {title} is a film without a still picture. Send a still picture."
        )
    raise truncated(f"The {title} ends after {reader.size} bytes, before the description of its picture")


def _auxiliaries(items: Items) -> Iterator[Item]:
    """What belongs to the picture: its transparency, and the depth and gain maps that some decoders read too."""
    return (item for item in items.by_id.values() if items.primary in item.references.get(_AUXILIARY_OF, ()))


def parts_of(item: Item) -> Counter[int]:
    """The numbers of the items that a derived one is put together from, each with how often."""
    if item.kind not in _DERIVED:
        return Counter()
    return Counter(item.references.get(_PARTS, ())) or fail("puts its picture together from nothing")


def _most_pixels(items: Items, layers: Sequence[Item]) -> int:
    """What the costliest of the layers, each with all of its parts, has to decode."""
    # Once for every item: layers may share their parts, and an item may have thousands of properties to look through.
    area_of = cache(lambda number: area(items.find(number)))
    parts = (sum(area_of(number) * times for number, times in parts_of(layer).items()) for layer in layers)
    return max(*parts, *map(area, layers))


def _check_kinds(kinds: set[bytes], codecs: frozenset[bytes], title: str) -> None:
    """Parts may not be derived again: that bounds what there is to decode."""
    if not kinds <= codecs:
        found = ", ".join(sorted(map(shown, kinds - codecs)))
        message = f"The {title} holds pictures of a kind ({found}) that is not accepted. Send it as a JPEG."
        raise ConversionError(ErrorCode.UNSUPPORTED_TYPE, message)


def _check_extents(item: Item, items: Items, size: int, title: str) -> None:
    for extent in item.extents:
        if extent.method == _IN_FILE and _end(extent) > size:
            raise truncated(f"The {title} ends after {size} of at least {_end(extent)} bytes")
        if extent.method == _IN_IDAT and _end(extent) > len(items.idat):
            fail("has an item that is longer than the box that holds it")


def _end(extent: Extent) -> int:
    return extent.offset + (extent.length or _AT_LEAST)


def _notes(title: str, brands: bytes, items: Items) -> tuple[str, ...]:
    notes = []
    if {brands[:4], *(brands[at : at + 4] for at in range(8, len(brands), 4))} & _SEQUENCES:
        notes.append(f"{title} sequence: only its still picture is kept")
    if (count := sum(1 for _ in _pictures(items))) > 1:
        notes.append(f"{title} with {count} pictures: only the primary one is kept")
    return tuple(notes)


def _pictures(items: Items) -> Iterator[Item]:
    """What a viewer would page through: no parts, thumbnails or layers of others."""
    parts = {number for item in items.by_id.values() for number in item.references.get(_PARTS, ())}
    for number, item in items.by_id.items():
        belongs = item.is_hidden or number in parts or {_AUXILIARY_OF, _THUMBNAIL_OF} & item.references.keys()
        if number == items.primary or (item.kind in _CODED | _DERIVED and not belongs):
            yield item
