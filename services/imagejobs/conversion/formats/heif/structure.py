"""The structure of a HEIC or AVIF file: ISO/IEC 23008-12 with HEVC or AV1, as cameras and libavif write it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache

from imagejobs.conversion.errors import ConversionError, ErrorCode, truncated
from imagejobs.conversion.formats.byte_reader import ByteReader
from imagejobs.conversion.formats.exif import credits_of, orientation
from imagejobs.conversion.formats.heif.alpha import Alpha, find_alpha
from imagejobs.conversion.formats.heif.boxes import fail, shown
from imagejobs.conversion.formats.heif.colour import coded_colour
from imagejobs.conversion.formats.heif.exif_item import is_turned_by_boxes, read_exif
from imagejobs.conversion.formats.heif.file import is_sequence, read_file
from imagejobs.conversion.formats.heif.items import AUXILIARY_OF, IN_FILE, IN_IDAT, PARTS, Extent, Item, Items
from imagejobs.conversion.formats.heif.samples import decoder_bytes_per_pixel
from imagejobs.conversion.formats.heif.transforms import area, shown_size
from imagejobs.conversion.formats.structure import Structure

_DERIVED = frozenset({b"grid", b"iovl", b"iden"})
_CODED = frozenset({b"hvc1", b"hev1", b"av01"})
_THUMBNAIL_OF = b"thmb"
_AT_LEAST = 1
"""The least bytes of an extent of length 0, which extends to the end of the file or box."""


def read_heic(reader: ByteReader) -> Structure:
    """The primary picture, coded with HEVC. Raises ConversionError."""
    return _read(reader, frozenset({b"hvc1", b"hev1"}))


def read_avif(reader: ByteReader) -> Structure:
    """The primary picture, coded with AV1. Raises ConversionError."""
    return _read(reader, frozenset({b"av01"}))


def _read(reader: ByteReader, codecs: frozenset[bytes]) -> Structure:
    """Read the structure. Width and height are those after the transforms of the file, which decoders apply.

    EXIF's orientation does not apply. `pixels` is larger than the picture if more is decoded for it: pixels that are
    cropped off, parts of tiles, or its alpha.
    """
    title = reader.title
    brands, items = read_file(reader)
    primary = items.find(items.primary)
    parts = [items.find(number) for number in parts_of(primary)]
    _check_kinds({part.kind for part in parts or [primary]}, codecs, title)
    for item in items.by_id.values():
        _check_extents(item, items, reader.size, title)
    if not all(part.extents for part in parts or [primary]):
        fail("lacks the data of its picture")
    width, height = shown_size(primary)
    layers = [(item, parts_of(item)) for item in (primary, *_auxiliaries(items))]
    if alpha := find_alpha(items):
        _check_alpha(items, alpha, title)
        layers.append((alpha.item, Counter(alpha.parts)))
    pixels = max(width * height, _most_pixels(items, layers))
    needed = decoder_bytes_per_pixel(parts or [primary])
    exif = read_exif(reader, items)
    return Structure(
        width,
        height,
        1,
        pixels,
        notes=(*_notes(title, brands, items), *_orientation_notes(title, primary, exif)),
        credits=credits_of(exif),
        decoder_bytes=round(pixels * needed.least),
        most_decoder_bytes=round(pixels * needed.most),
        colour=coded_colour([primary, *parts[:1]]),
    )


def _auxiliaries(items: Items) -> Iterator[Item]:
    """The auxiliary items of the picture: its alpha, and the depth and gain maps that some decoders also read."""
    return (item for item in items.by_id.values() if items.primary in item.references.get(AUXILIARY_OF, ()))


def parts_of(item: Item) -> Counter[int]:
    """The items from which a derived item is assembled: how often each number occurs."""
    if item.kind not in _DERIVED:
        return Counter()
    return Counter(item.references.get(PARTS, ())) or fail("has a picture that is assembled from no parts")


def _most_pixels(items: Items, layers: Sequence[tuple[Item, Counter[int]]]) -> int:
    """The pixels to decode for the costliest layer with all of its parts."""
    # Cached: layers may share their parts, and an item may have thousands of properties.
    area_of = cache(lambda number: area(items.find(number)))
    parts = (sum(area_of(number) * times for number, times in parts.items()) for _, parts in layers)
    return max(*parts, *(area(item) for item, _ in layers))


def _check_alpha(items: Items, alpha: Alpha, title: str) -> None:
    """Raises ConversionError if the alpha has no data, or another codec, which a decoder would report as damage."""
    coded = [items.find(number) for number in alpha.parts] or [alpha.item]
    _check_kinds({item.kind for item in coded}, _CODED, title)
    if not all(item.extents for item in coded):
        fail("lacks the data of its alpha")


def _check_kinds(kinds: set[bytes], codecs: frozenset[bytes], title: str) -> None:
    """Raises ConversionError for other codecs. Derived parts are refused, too: that limits the work of decoding."""
    if not kinds <= codecs:
        found = ", ".join(sorted(map(shown, kinds - codecs)))
        message = f"The {title} contains pictures of a kind ({found}) that is not accepted. Send it as a JPEG."
        raise ConversionError(ErrorCode.UNSUPPORTED_TYPE, message)


def _check_extents(item: Item, items: Items, size: int, title: str) -> None:
    for extent in item.extents:
        if extent.method == IN_FILE and _end(extent) > size:
            raise truncated(f"The {title} ends after {size} of at least {_end(extent)} bytes")
        if extent.method == IN_IDAT and _end(extent) > len(items.idat):
            fail("has an item that is longer than the box that holds it")


def _end(extent: Extent) -> int:
    return extent.offset + (extent.length or _AT_LEAST)


def _notes(title: str, brands: bytes, items: Items) -> tuple[str, ...]:
    notes = []
    if is_sequence(brands):
        notes.append(f"{title} sequence: only its still picture is kept")
    if (count := sum(1 for _ in _pictures(items))) > 1:
        notes.append(f"{title} with {count} pictures: only the primary one is kept")
    return tuple(notes)


def _orientation_notes(title: str, primary: Item, exif: bytes) -> tuple[str, ...]:
    number = orientation(exif)
    if number == 1 or is_turned_by_boxes(primary):
        return ()
    return (
        f"{title} with EXIF orientation {number}: not turned, since only the boxes irot and imir turn a {title}, and "
        "it has none",
    )


def _pictures(items: Items) -> Iterator[Item]:
    """The pictures that a viewer would show one by one: not the parts, thumbnails and layers of others."""
    parts = {number for item in items.by_id.values() for number in item.references.get(PARTS, ())}
    for number, item in items.by_id.items():
        belongs = item.is_hidden or number in parts or {AUXILIARY_OF, _THUMBNAIL_OF} & item.references.keys()
        if number == items.primary or (item.kind in _CODED | _DERIVED and not belongs):
            yield item
