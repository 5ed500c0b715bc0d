"""The strips or tiles of a page: where they are in the picture, and where in the file."""

from collections.abc import Iterator
from dataclasses import dataclass

from imagejobs.conversion.formats.tiff import tags
from imagejobs.conversion.formats.tiff.directory import Directory
from imagejobs.conversion.formats.tiff.samples import Samples, is_tiled

_ALL_ROWS = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Grid:
    """The grid of pieces of a plane, and the tags of their offsets and sizes.

    A tile at the edge of the picture has its full size; the last strip may be shorter.
    """

    width: int
    height: int
    piece_width: int
    piece_height: int
    is_tiled: bool
    offsets: int
    sizes: int

    @property
    def pieces(self) -> int:
        """The number of pieces of a plane."""
        return -(-self.width // self.piece_width) * -(-self.height // self.piece_height)


@dataclass(frozen=True, slots=True)
class Piece:
    """A strip or tile: its plane, the column and row of its first pixel, its stored rows, and its bytes in the file."""

    plane: int
    left: int
    top: int
    rows: int
    offset: int
    size: int


def read_grid(page: Directory) -> Grid:
    """The grid of strips or tiles of a page; a width or height of 0 is not refused here."""
    width, height = page.first(tags.WIDTH), page.first(tags.HEIGHT)
    # Some writers store the offsets of tiles as those of strips.
    offsets = tags.TILE_OFFSETS if tags.TILE_OFFSETS in page.entries else tags.STRIP_OFFSETS
    sizes = tags.TILE_SIZES if tags.TILE_SIZES in page.entries else tags.STRIP_SIZES
    if is_tiled(page):
        return Grid(width, height, page.first(tags.TILE_WIDTH), page.first(tags.TILE_HEIGHT), True, offsets, sizes)
    rows = min(page.first(tags.ROWS_PER_STRIP, _ALL_ROWS), height)
    return Grid(width, height, width, rows, False, offsets, sizes)


def find_pieces(page: Directory, grid: Grid, samples: Samples) -> Iterator[Piece]:
    """The pieces of a page that was checked, plane by plane, each from the top left."""
    where = zip(page.numbers(grid.offsets), page.numbers(grid.sizes), strict=False)
    for plane in range(samples.count if samples.is_planar else 1):
        for top in range(0, grid.height, grid.piece_height):
            rows = grid.piece_height if grid.is_tiled else min(grid.piece_height, grid.height - top)
            for left in range(0, grid.width, grid.piece_width):
                yield Piece(plane, left, top, rows, *next(where))


def row_bytes(samples: Samples, width: int) -> int:
    """The bytes of a row of a decompressed strip or tile; if chroma is subsampled, of a row of its blocks.

    A block has the luma of its pixels, then one Cb and one Cr (TIFF 6.0, section 21).
    """
    across, down = samples.chroma
    if samples.chroma != (1, 1):
        return -(-width // across) * (across * down + 2)
    return -(-width * samples.bits * (1 if samples.is_planar else samples.count) // 8)
