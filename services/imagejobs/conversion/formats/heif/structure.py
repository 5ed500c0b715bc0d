"""The picture of a HEIC or AVIF file: ISO/IEC 23008-12 with HEVC or AV1, as cameras and libavif write it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache

from imagejobs.conversion.errors import ConversionError, ErrorCode, truncated
from imagejobs.conversion.formats.byte_reader import ByteReader
from imagejobs.conversion.formats.exif import credits_of, orientation
from imagejobs.conversion.formats.heif.alpha import Alpha, find_alpha
from imagejobs.conversion.formats.heif.boxes import Box, fail, read_box_header, shown, whole_boxes
from imagejobs.conversion.formats.heif.colour import coded_colour
from imagejobs.conversion.formats.heif.exif_item import is_turned_by_boxes, read_exif
from imagejobs.conversion.formats.heif.items import Extent, Item, Items, has_primary, read_items
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
"""The least bytes of an extent of length 0, which extends to the end of the file or box."""


def read_heic(reader: ByteReader) -> Structure:
    """The primary picture, coded with HEVC. Raises ConversionError."""
    return _read(reader, "HEIC", frozenset({b"hvc1", b"hev1"}))


def read_avif(reader: ByteReader) -> Structure:
    """The primary picture, coded with AV1. Raises ConversionError."""
    return _read(reader, "AVIF", frozenset({b"av01"}))


def _read(reader: ByteReader, title: str, codecs: frozenset[bytes]) -> Structure:
    """Read the structure. Width and height are those after the transforms of the file, which decoders apply.

    EXIF's orientation does not apply. `pixels` is larger than the picture if more is decoded for it: pixels that are
    cropped off, parts of tiles, or its alpha.
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


def read_file(reader: ByteReader, title: str) -> tuple[bytes, Items]:
    """The brands of the `ftyp` box, and the items that `meta` describes."""
    brands, meta = _find_boxes(reader, title)
    if _is_sequence(brands) and not has_primary(meta.data):
        raise _film(title)
    return brands, read_items(meta.data)


def find_meta(reader: ByteReader, title: str) -> Box:
    """The `meta` box, which describes the items."""
    return _find_boxes(reader, title)[1]


def _find_boxes(reader: ByteReader, title: str) -> tuple[bytes, Box]:
    """The brands of the `ftyp` box, and the `meta` box; other boxes are skipped."""
    brands, has_film = b"", False
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
            if not size:  # It extends to the end of the file, and contains the data of the picture.
                return brands, Box(kind, whole_boxes(reader.read_up_to(_MAX_META), 4), start + header)
            if end - start > _MAX_META:
                fail("has a box meta that is too long")
            return brands, Box(kind, reader.read(end - start - header), start + header)
        has_film = has_film or kind == b"moov"
        reader.seek(end)
    if brands[:4] in _SEQUENCES or (has_film and _is_sequence(brands)):
        raise _film(title)
    raise truncated(f"The {title} ends after {reader.size} bytes, before the description of its picture")


def _is_sequence(brands: bytes) -> bool:
    """Whether any brand is that of a film. A version follows the first brand."""
    return not _SEQUENCES.isdisjoint({brands[:4], *(brands[at : at + 4] for at in range(8, len(brands), 4))})


def _film(title: str) -> ConversionError:
    return ConversionError(
        ErrorCode.UNSUPPORTED_TYPE, f"The {title} is a film without a still picture. Send a still picture."
    )


def _auxiliaries(items: Items) -> Iterator[Item]:
    """The auxiliary items of the picture: its alpha, and the depth and gain maps that some decoders also read."""
    return (item for item in items.by_id.values() if items.primary in item.references.get(_AUXILIARY_OF, ()))


def parts_of(item: Item) -> Counter[int]:
    """The items from which a derived item is assembled: how often each number occurs."""
    if item.kind not in _DERIVED:
        return Counter()
    return Counter(item.references.get(_PARTS, ())) or fail("has a picture that is assembled from no parts")


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
        if extent.method == _IN_FILE and _end(extent) > size:
            raise truncated(f"The {title} ends after {size} of at least {_end(extent)} bytes")
        if extent.method == _IN_IDAT and _end(extent) > len(items.idat):
            fail("has an item that is longer than the box that holds it")


def _end(extent: Extent) -> int:
    return extent.offset + (extent.length or _AT_LEAST)


def _notes(title: str, brands: bytes, items: Items) -> tuple[str, ...]:
    notes = []
    if _is_sequence(brands):
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
    parts = {number for item in items.by_id.values() for number in item.references.get(_PARTS, ())}
    for number, item in items.by_id.items():
        belongs = item.is_hidden or number in parts or {_AUXILIARY_OF, _THUMBNAIL_OF} & item.references.keys()
        if number == items.primary or (item.kind in _CODED | _DERIVED and not belongs):
            yield item
