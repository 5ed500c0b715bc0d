"""The first page of a TIFF (TIFF 6.0) or BigTIFF: its size, and whether all its strips or tiles are there."""

from dataclasses import replace

from imagejobs.conversion.errors import corrupt, truncated
from imagejobs.conversion.formats.byte_reader import ByteReader
from imagejobs.conversion.formats.structure import MAX_CREDIT_BYTES, Structure, still
from imagejobs.conversion.formats.tiff import tags
from imagejobs.conversion.formats.tiff.acceptance import check_accepted
from imagejobs.conversion.formats.tiff.directory import Directory, read_directory
from imagejobs.conversion.formats.tiff.layout import read_layout
from imagejobs.conversion.formats.tiff.pages import MAX_PAGES, read_pages
from imagejobs.conversion.formats.tiff.pieces import read_grid, row_bytes
from imagejobs.conversion.formats.tiff.samples import Samples, read_samples
from imagejobs.value_ranges import WEBP_MAX_SIDE

_MAX_PIECES = 1 << 20
"""The most tiles or strips; 50 megapixels in the smallest tiles are 200,000."""


def read_tiff(reader: ByteReader) -> Structure:
    """Read the first directory, and check that the data of its picture is in the file. Raises ConversionError."""
    layout = read_layout(reader)
    page = read_directory(reader, layout, layout.first)
    width, height = page.first(tags.WIDTH), page.first(tags.HEIGHT)
    if not width or not height:
        raise corrupt("The TIFF has a width or height of 0")
    pages = read_pages(page)
    check_accepted(page, is_camera_raw=pages.is_camera_raw)
    for tag in (tags.BITS, tags.COLOUR_MAP, tags.JPEG_TABLES, tags.PROFILE):
        page.check_presence(tag)
    samples = read_samples(page)
    if max(width, height) <= WEBP_MAX_SIDE:  # A larger picture is refused in any case.
        _check_data(page, samples)
    orientation = page.first(tags.ORIENTATION, 1)
    credited = {
        tag: text for tag in (tags.ARTIST, tags.COPYRIGHT) if (text := page.text(tag, MAX_CREDIT_BYTES)).strip()
    }
    found = still(width, height, orientation if 1 <= orientation <= 8 else 1, _notes(pages.count), credited)
    return replace(found, is_opaque=bool(samples.extra) and samples.alpha == tags.NO_ALPHA)


def _notes(pages: int) -> tuple[str, ...]:
    shown = str(pages) if pages < MAX_PAGES else f"{MAX_PAGES} or more"
    return (f"TIFF with {shown} pages: only the first is kept",) if pages > 1 else ()


def _check_data(page: Directory, samples: Samples) -> None:
    grid = read_grid(page)
    if not grid.piece_width or not grid.piece_height:
        raise corrupt("The TIFF has strips or tiles with a width or height of 0")
    planes = samples.count if samples.is_planar else 1
    pieces = grid.pieces * planes
    found = _check_pieces(page, grid.offsets, grid.sizes, pieces)
    rows = grid.piece_height * pieces if grid.is_tiled else grid.height * planes
    if samples.compression == tags.UNCOMPRESSED:
        _check_length(found, -(-rows // samples.chroma[1]) * row_bytes(samples, grid.piece_width))


def _check_pieces(page: Directory, offsets: int, sizes: int, pieces: int) -> int:
    """The number of bytes of all pieces. Raises ConversionError if a piece is empty or beyond the file."""
    if pieces > _MAX_PIECES or min(page.count(offsets), page.count(sizes)) < pieces:
        raise corrupt(f"The TIFF does not have the {pieces} strips or tiles that its size requires, or has too many")
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
