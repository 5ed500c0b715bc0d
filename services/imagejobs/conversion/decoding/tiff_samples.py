"""Converting a TIFF whose layout ImageMagick reads wrong to a plain one: 8 bits, contiguous, black as 0.

If zlib cannot decompress the data, libtiff does it: ImageMagick reads the strips or tiles as a picture of bytes. This
module calculates the meaning of the bytes.
"""

import zlib
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from imagejobs.conversion.decoding.sample_values import Unpacking, convert_ycbcr
from imagejobs.conversion.errors import corrupt, truncated
from imagejobs.conversion.formats.tiff import tags
from imagejobs.conversion.formats.tiff.byte_pictures import Decompress, batches, byte_picture
from imagejobs.conversion.formats.tiff.chroma import read_chroma
from imagejobs.conversion.formats.tiff.directory import Directory
from imagejobs.conversion.formats.tiff.pieces import Grid, Piece, find_pieces, read_grid, row_bytes
from imagejobs.conversion.formats.tiff.plain import Plain, write_plain
from imagejobs.conversion.formats.tiff.samples import Samples, read_samples

_ROWS_PER_STRIP = 64
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_LOWEST_BIT_FIRST = 2
"""FillOrder."""
_GREY = (tags.BLACK_IS_ZERO, 1)
_OUTPUT = {tags.INKS: (tags.INKS, 4), tags.WHITE_IS_ZERO: _GREY, tags.BLACK_IS_ZERO: _GREY}
"""The colours of the plain file, and their number of samples; RGB for all others."""


def plain_tiff(source: bytes, page: Directory, decompress: Decompress) -> bytes:
    """The same picture, without its orientation. Raises ConversionError if bytes are missing."""
    samples, grid = read_samples(page), read_grid(page)
    photometric, colours = _OUTPUT.get(samples.photometric, (tags.RGB, 3))
    channels = colours + (1 if samples.alpha else 0)
    pixels = np.zeros((grid.height, grid.width, channels), np.uint8)
    unpacking = Unpacking.of(page, samples, colours)
    for piece, data in _decompressed(source, page, samples, grid, decompress):
        unpacking.place(data, piece, grid, pixels)
    if samples.photometric == tags.YCBCR:
        convert_ycbcr(pixels, read_chroma(page, samples.bits))
    size = _ROWS_PER_STRIP * grid.width * channels
    data = pixels.reshape(-1).data
    strips = [data[start : start + size] for start in range(0, len(data), size)]
    extra = {tags.EXTRA_SAMPLES: samples.alpha} if samples.alpha else {}
    profile = page.raw(tags.PROFILE)
    return write_plain(Plain(grid.width, grid.height, photometric, channels, _ROWS_PER_STRIP, extra, profile), strips)


def _decompressed(
    source: bytes, page: Directory, samples: Samples, grid: Grid, decompress: Decompress
) -> Iterator[tuple[Piece, memoryview]]:
    """Every strip or tile, and its decompressed bytes, at full length."""
    length, down = row_bytes(samples, grid.piece_width), samples.chroma[1]
    fill_order = _LOWEST_BIT_FIRST if page.first(tags.FILL_ORDER) == _LOWEST_BIT_FIRST else 1
    pieces = find_pieces(page, grid, samples)
    if expand := _EXPANDED_HERE.get(samples.compression):
        for piece in pieces:
            stored = source[piece.offset : piece.offset + piece.size]
            ordered = stored.translate(_REVERSED) if fill_order == _LOWEST_BIT_FIRST else stored
            yield piece, _whole(expand, ordered, length * -(-piece.rows // down))
        return
    coding = {tags.COMPRESSION: samples.compression, tags.FILL_ORDER: fill_order}
    for batch in batches(pieces, length, -(-grid.piece_height // down)):
        heights = [-(-piece.rows // down) for piece in batch]
        data, at = memoryview(decompress(byte_picture(source, batch, length, heights, coding))), 0
        for piece, height in zip(batch, heights, strict=True):
            yield piece, data[at : at + height * length]
            at += height * length


def _whole(expand: Callable[[bytes, int], bytes], data: bytes, needed: int) -> memoryview:
    try:
        expanded = expand(data, needed)
    except zlib.error as error:
        raise corrupt(f"The TIFF has a strip or tile that cannot be decompressed ({error})") from error
    if len(expanded) < needed:
        raise truncated(f"The TIFF has {len(expanded)} of {needed} bytes of a strip or tile")
    return memoryview(expanded)


def _inflate(data: bytes, needed: int) -> bytes:
    return zlib.decompressobj().decompress(data, needed)


_EXPANDED_HERE: Mapping[int, Callable[[bytes, int], bytes]] = {
    tags.UNCOMPRESSED: lambda data, needed: data[:needed],
    tags.DEFLATE: _inflate,
    tags.OLD_DEFLATE: _inflate,
}
"""These are decompressed without libtiff, which needs six times the memory of a strip: ffmpeg writes a single strip."""
