"""The first page of a TIFF (TIFF 6.0) or BigTIFF: its size, and whether all its strips or tiles are there."""

from collections.abc import Set as AbstractSet
from dataclasses import replace

from imagejobs.conversion.errors import ConversionError, ErrorCode, corrupt, truncated
from imagejobs.conversion.formats.byte_reader import ByteReader
from imagejobs.conversion.formats.exif import ARTIST, COPYRIGHT, MAX_CREDIT_BYTES
from imagejobs.conversion.formats.structure import Structure, still
from imagejobs.conversion.formats.tiff.directory import (
    MAX_PAGES,
    Directory,
    following_pages,
    read_directory,
    read_layout,
)
from imagejobs.conversion.options import WEBP_MAX_SIDE

_SUBFILE_TYPE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 256, 257, 258, 259, 262
_STRIP_OFFSETS, _ORIENTATION, _SAMPLES, _ROWS_PER_STRIP, _STRIP_SIZES, _PLANES = 273, 274, 277, 278, 279, 284
_TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_SIZES, _SAMPLE_FORMAT, _DNG_VERSION = 322, 323, 324, 325, 339, 50706
_COLOUR_MAP, _EXTRA_SAMPLES, _JPEG_TABLES, _PROFILE = 320, 338, 347, 34675
_REDUCED, _UNCOMPRESSED, _JPEG, _SEPARATE_PLANES, _PALETTE, _INKS, _YCBCR = 1, 1, 7, 2, 3, 5, 6
_ALL_ROWS = 0xFFFFFFFF
_COMPRESSIONS = frozenset({1, 2, 3, 4, 5, 7, 8, 32773, 32946, 34925, 50000})
"""None, CCITT, LZW, JPEG, Deflate (both numbers), PackBits, LZMA and Zstandard; not the old JPEG (6)."""
_PHOTOMETRICS = frozenset({0, 1, 2, 3, 5, 6, 8})
"""Grey, RGB, palette, CMYK, YCbCr and CIE L*a*b*; not masks, and no sensor data of cameras."""
_CHANNELS = {2: 3, 5: 4, 6: 3, 8: 3}
"""What RGB, CMYK, YCbCr and CIE L*a*b* need at least."""
_ALPHA = frozenset({1, 2})
"""Of the kinds of a further channel: premultiplied and straight. 0 is a saved selection, a spot colour, or anything."""
_GREYS = frozenset({0, 1})
_MAX_GREY_SAMPLES = 2
"""ImageMagick takes further ones for green and blue."""
_WHOLE_NUMBERS = frozenset({1, 4})
_BIT_DEPTHS = frozenset({1, 2, 4, 8, 16, 32})
_MAX_SAMPLES = 16
_MAX_PIECES = 1 << 20
"""Tiles or strips; 50 megapixels in the smallest tiles are 200,000."""


def read_tiff(reader: ByteReader) -> Structure:
    """Read the first directory and check that its picture lies within the file. Raises ConversionError."""
    layout = read_layout(reader)
    page = read_directory(reader, layout, layout.first)
    width, height = page.first(_WIDTH), page.first(_HEIGHT)
    if not width or not height:
        raise corrupt("The TIFF has a width or height of 0")
    _check_kind(page)
    for tag in (_BITS, _COLOUR_MAP, _JPEG_TABLES, _PROFILE):
        page.check_presence(tag)
    if max(width, height) <= WEBP_MAX_SIDE:  # A larger one is refused for that: its data need not be looked at.
        _check_data(page, width, height)
    orientation = page.first(_ORIENTATION, 1)
    credited = {tag: text for tag in (ARTIST, COPYRIGHT) if (text := page.text(tag, MAX_CREDIT_BYTES)).strip()}
    found = still(width, height, orientation if 1 <= orientation <= 8 else 1, _notes(page), credited)
    return replace(found, is_opaque=_is_opaque(page))


def _notes(page: Directory) -> tuple[str, ...]:
    """Smaller versions of a page, as in a pyramid, are no pages."""
    pages = 1 + sum(not each.first(_SUBFILE_TYPE) & _REDUCED for each in following_pages(page))
    shown = str(pages) if pages < MAX_PAGES else f"{MAX_PAGES} or more"
    return (f"TIFF with {shown} pages: only the first is kept",) if pages > 1 else ()


def _is_opaque(page: Directory) -> bool:
    """Of several further channels decoders take the first for alpha."""
    return page.count(_EXTRA_SAMPLES) > 0 and page.first(_EXTRA_SAMPLES) not in _ALPHA


def _check_kind(page: Directory) -> None:
    if _DNG_VERSION in page.entries or page.first(_SUBFILE_TYPE) & _REDUCED:
        raise _unsupported("is a camera's raw file")
    if page.first(_SAMPLES, 1) > _MAX_SAMPLES:
        raise _unsupported(f"has {page.first(_SAMPLES)} channels")
    for tag, allowed, meaning in (
        (_COMPRESSION, _COMPRESSIONS, "has a compression"),
        (_PHOTOMETRIC, _PHOTOMETRICS, "has colours of a kind"),
        (_SAMPLE_FORMAT, _WHOLE_NUMBERS, "has samples that are no whole numbers: sample format"),
        (_BITS, _BIT_DEPTHS, "has a number of bits a sample"),
    ):
        _check_field(page, tag, allowed, meaning)
    if page.first(_COMPRESSION) == _JPEG and page.first(_PHOTOMETRIC) == _INKS and _TILE_WIDTH in page.entries:
        raise _unsupported("has CMYK colours in JPEG tiles, which ImageMagick cannot read")
    _check_channels(page)


def _check_channels(page: Directory) -> None:
    """What libtiff hands out as noise, or ImageMagick shows in black, where other programs refuse the file."""
    samples, bits, colours = page.first(_SAMPLES, 1), page.first(_BITS, 1), page.first(_PHOTOMETRIC)
    if samples < _CHANNELS.get(colours, 1):
        raise corrupt(f"The TIFF has {samples} channel(s), too few for its colours")
    if colours == _PALETTE and page.count(_COLOUR_MAP) < 3 << bits:
        raise corrupt("The TIFF has no palette, or too short a one")
    if colours in _GREYS and samples > _MAX_GREY_SAMPLES:
        raise _unsupported(f"has {samples} channels, of which one is grey")
    if samples > 1 and bits < 8:
        raise _unsupported(f"has {samples} channels of {bits} bit(s)")


def _check_field(page: Directory, tag: int, allowed: AbstractSet[int], meaning: str) -> None:
    found = page.first(tag, 1)
    if found not in allowed:
        raise _unsupported(f"{meaning} ({found}) that is not accepted")


def _unsupported(what: str) -> ConversionError:
    return ConversionError(
        ErrorCode.UNSUPPORTED_TYPE, f"The TIFF {what}. Save it as an RGB or grey TIFF of 8 or 16 bits, or as a JPEG."
    )


def _check_data(page: Directory, width: int, height: int) -> None:
    if _TILE_OFFSETS in page.entries:
        piece_width, piece_height = page.first(_TILE_WIDTH), page.first(_TILE_HEIGHT)
        offsets, sizes = _TILE_OFFSETS, _TILE_SIZES
    else:
        piece_width, piece_height = width, min(page.first(_ROWS_PER_STRIP, _ALL_ROWS), height)
        offsets, sizes = _STRIP_OFFSETS, _STRIP_SIZES
    if not piece_width or not piece_height:
        raise corrupt("The TIFF has strips or tiles with a width or height of 0")
    samples = page.first(_SAMPLES, 1)
    planes = samples if page.first(_PLANES, 1) == _SEPARATE_PLANES else 1
    pieces = -(-width // piece_width) * -(-height // piece_height) * planes
    found = _check_pieces(page, offsets, sizes, pieces)
    is_tiled = offsets == _TILE_OFFSETS
    row_bits = piece_width * page.first(_BITS, 1) * (samples // planes)
    rows = piece_height * pieces if is_tiled else height * planes
    if page.first(_COMPRESSION, 1) == _UNCOMPRESSED and page.first(_PHOTOMETRIC) != _YCBCR:
        _check_length(found, rows * -(-row_bits // 8))


def _check_pieces(page: Directory, offsets: int, sizes: int, pieces: int) -> int:
    """How many bytes they have; each must lie within the file."""
    if pieces > _MAX_PIECES or min(page.count(offsets), page.count(sizes)) < pieces:
        raise corrupt(f"The TIFF has not as many strips or tiles ({pieces}) as its size asks for, or too many")
    found = 0
    for _, offset, size in zip(range(pieces), page.numbers(offsets), page.numbers(sizes), strict=False):
        if not size:
            raise corrupt("The TIFF has an empty strip or tile")
        if offset + size > page.reader.size:
            raise truncated(f"The TIFF ends after {page.reader.size} of at least {offset + size} bytes")
        found += size
    return found


def _check_length(found: int, needed: int) -> None:
    if found < needed:
        raise truncated(f"The TIFF has {found} of {needed} bytes of picture data")
