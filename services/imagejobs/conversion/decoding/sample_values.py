"""From the bytes of a TIFF's strips and tiles to samples of 8 bits (TIFF 6.0, sections 3 to 8, 14, 18 and 21)."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Self

import numpy as np
from numpy.typing import NDArray

from imagejobs.conversion.formats.tiff import tags
from imagejobs.conversion.formats.tiff.chroma import Chroma
from imagejobs.conversion.formats.tiff.directory import Directory
from imagejobs.conversion.formats.tiff.pieces import Grid, Piece, row_bytes
from imagejobs.conversion.formats.tiff.samples import Samples

Values = NDArray[np.unsignedinteger]
Pixels = NDArray[np.uint8]

_PIXELS_AT_ONCE = 1 << 17
"""The pixels of which a temporary copy is made at once."""
_OLD_PALETTE = 256
"""If no entry reaches this, the palette has 8 bits instead of 16, as libtiff assumes."""


@dataclass(frozen=True, slots=True)
class Unpacking:
    """How samples are stored, in which byte order, the palette (colours x RGB), and where alpha goes."""

    samples: Samples
    order: str
    palette: Pixels | None
    colours: int

    @classmethod
    def of(cls, page: Directory, samples: Samples, colours: int) -> Self:
        """For a page whose pixels become `colours` channels, and one more if it has alpha."""
        palette = _read_palette(page, samples.bits) if samples.photometric == tags.PALETTE else None
        return cls(samples, page.layout.order, palette, colours)

    def place(self, data: memoryview, piece: Piece, grid: Grid, pixels: Pixels) -> None:
        """Put a strip or tile, given by its decompressed bytes, into the picture."""
        length, down = row_bytes(self.samples, grid.piece_width), self.samples.chroma[1]
        step = max(1, _PIXELS_AT_ONCE // (grid.piece_width * down))
        right, bottom = min(piece.left + grid.piece_width, grid.width), min(piece.top + piece.rows, grid.height)
        for start in range(0, -(-piece.rows // down), step):
            top = piece.top + start * down
            if top >= bottom:
                return
            rows = data[start * length : (start + step) * length]
            values = self._unpack(rows, grid.piece_width, length)
            target = pixels[top : min(top + step * down, bottom), piece.left : right]
            self._put(values[: target.shape[0], : target.shape[1]], piece.plane, target)

    def _unpack(self, data: memoryview, width: int, length: int) -> Values:
        """The bytes as rows of pixels, with the samples of one plane or of all planes."""
        samples, rows = self.samples, len(data) // length
        count = 1 if samples.is_planar else samples.count
        if samples.chroma != (1, 1):
            return _from_blocks(np.frombuffer(data, np.uint8).reshape(rows, -1), width, *samples.chroma)
        if samples.bits < 8:
            bits = np.unpackbits(np.frombuffer(data, np.uint8).reshape(rows, length), axis=1)
            digits = bits[:, : width * samples.bits].reshape(rows, width, 1, samples.bits)
            weights: Pixels = np.left_shift(1, np.arange(samples.bits)[::-1]).astype(np.uint8)
            return digits @ weights
        values: Values = np.frombuffer(data, f"{self.order}u{samples.bits // 8}").reshape(rows, width, count)
        return np.cumsum(values, axis=1, dtype=values.dtype) if samples.predictor == 2 else values

    def _put(self, values: Values, plane: int, target: Pixels) -> None:
        for index in range(values.shape[2]):
            sample = plane + index
            if self.palette is not None and sample == 0:
                target[..., :3] = self.palette[values[..., index]]
                continue
            channel = self.colours if sample == self.samples.colours else sample
            if sample > self.samples.colours or channel >= target.shape[2]:
                continue  # A further channel that is not kept.
            scaled = _to_8_bits(values[..., index], self.samples.bits)
            is_white_zero = self.samples.photometric == tags.WHITE_IS_ZERO and sample == 0
            target[..., channel] = 255 - scaled if is_white_zero else scaled


def _to_8_bits(values: Values, bits: int) -> Pixels:
    """The values scaled to 8 bits, rounded to the nearest."""
    if bits == 8:
        return values.astype(np.uint8)
    if bits == 32:
        values, bits = np.right_shift(values, 16, dtype=np.uint32), 16
    top = (1 << bits) - 1
    return ((values.astype(np.uint32) * 255 + top // 2) // top).astype(np.uint8)


def _from_blocks(rows: Pixels, width: int, across: int, down: int) -> Pixels:
    """Pixels from blocks: all pixels of a block get its Cb and Cr, as in libtiff."""
    blocks = rows.reshape(len(rows), -1, across * down + 2)
    count = blocks.shape[1]
    pixels = np.empty((len(rows), down, count, across, 3), np.uint8)
    luma = blocks[..., :-2].reshape(len(rows), count, down, across)
    pixels[..., 0] = luma.swapaxes(1, 2)
    pixels[..., 1:] = blocks[:, None, :, None, -2:]
    return pixels.reshape(len(rows) * down, count * across, 3)[:, :width]


def _read_palette(page: Directory, bits: int) -> Pixels:
    entries = np.fromiter(islice(page.numbers(tags.COLOUR_MAP), 3 << bits), np.uint32)
    scaled = entries if entries.max() < _OLD_PALETTE else _to_8_bits(entries.clip(0, 65535), 16)
    return scaled.astype(np.uint8).reshape(3, -1).T


def convert_ycbcr(pixels: Pixels, chroma: Chroma) -> None:
    """Convert the first three channels from YCbCr to RGB, in place."""
    red, green, blue = chroma.shares
    for rows in _blocks(pixels):
        luma, cb, cr = (
            (rows[..., index].astype(np.float32) - chroma.zeros[index]) * chroma.scales[index] for index in range(3)
        )
        above_red, above_blue = (2 - 2 * red) * cr, (2 - 2 * blue) * cb
        below_green = (red * above_red + blue * above_blue) / green
        for index, value in enumerate((luma + above_red, luma - below_green, luma + above_blue)):
            rows[..., index] = np.rint(value).clip(0, 255)


def _blocks(pixels: Pixels) -> Iterator[Pixels]:
    step = max(1, _PIXELS_AT_ONCE // pixels.shape[1])
    return (pixels[top : top + step] for top in range(0, len(pixels), step))
