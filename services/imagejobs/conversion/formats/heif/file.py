"""The boxes of a HEIC or AVIF file up to `meta`, which describes its pictures (ISO/IEC 14496-12, 4.3 and 8.11)."""

from imagejobs.conversion.errors import ConversionError, ErrorCode, truncated
from imagejobs.conversion.formats.byte_reader import ByteReader
from imagejobs.conversion.formats.heif.boxes import Box, fail, read_box_header, whole_boxes
from imagejobs.conversion.formats.heif.items import Items, has_primary, read_items

_MAX_META = 2 << 20
_MAX_BOXES_BEFORE_META = 64
_SEQUENCES = frozenset({b"msf1", b"hevc", b"hevx", b"avis"})


def read_file(reader: ByteReader) -> tuple[bytes, Items]:
    """The brands of the `ftyp` box, and the items that `meta` describes."""
    brands, meta = _find_boxes(reader)
    if is_sequence(brands) and not has_primary(meta.data):
        raise _film(reader.title)
    return brands, read_items(meta.data)


def find_meta(reader: ByteReader) -> Box:
    """The `meta` box, which describes the items."""
    return _find_boxes(reader)[1]


def _find_boxes(reader: ByteReader) -> tuple[bytes, Box]:
    """The brands of the `ftyp` box, and the `meta` box; other boxes are skipped."""
    brands, has_film = b"", False
    for _ in range(_MAX_BOXES_BEFORE_META):
        start = reader.tell()
        head = reader.read_up_to(16)
        if not head:
            break
        if len(head) < 8:
            raise truncated(f"The {reader.title} ends after {reader.size} bytes, in the middle of a box")
        size, kind, header = read_box_header(head)
        end = start + size if size else reader.size
        reader.seek(end)
        reader.seek(start + header)
        if kind == b"ftyp":
            brands = reader.read(min(end - start - header, _MAX_META))
        elif kind == b"meta":
            if not size:  # The box extends to the end of the file, and contains the data of the picture.
                return brands, Box(kind, whole_boxes(reader.read_up_to(_MAX_META), 4), start + header)
            if end - start > _MAX_META:
                fail("has a box meta that is too long")
            return brands, Box(kind, reader.read(end - start - header), start + header)
        has_film = has_film or kind == b"moov"
        reader.seek(end)
    if brands[:4] in _SEQUENCES or (has_film and is_sequence(brands)):
        raise _film(reader.title)
    raise truncated(f"The {reader.title} ends after {reader.size} bytes, before the description of its picture")


def is_sequence(brands: bytes) -> bool:
    """Whether any brand is that of a film. A version follows the first brand."""
    return not _SEQUENCES.isdisjoint({brands[:4], *(brands[at : at + 4] for at in range(8, len(brands), 4))})


def _film(title: str) -> ConversionError:
    return ConversionError(
        ErrorCode.UNSUPPORTED_TYPE, f"The {title} is a film without a still picture. Send a still picture."
    )
