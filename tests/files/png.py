"""Write PNGs of every colour type and bit depth, chunk by chunk (W3C PNG, third edition)."""

import struct
import zlib
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
SIGNATURE = b"\x89PNG\r\n\x1a\n"
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""Left, top, step across and step down of each pass (8.1)."""

Chunk = tuple[bytes, bytes]


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk with its length and checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def header(width: int, height: int, bit_depth: int, colour_type: int, *, interlaced: bool = False) -> bytes:
    """The signature and IHDR."""
    return SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bit_depth, colour_type, 0, 0, interlaced))


def png(
    samples: NDArray[np.generic],
    bit_depth: int,
    colour_type: int,
    *,
    chunks: Iterable[Chunk] = (),
    interlaced: bool = False,
) -> bytes:
    """Write a file of these samples (rows x columns, or rows x columns x channels); `chunks` come before the pixels."""
    height, width = samples.shape[:2]
    passes = _ADAM7 if interlaced else ((0, 0, 1, 1),)
    scanlines = b"".join(_scanlines(samples[top::down, left::across], bit_depth) for left, top, across, down in passes)
    return (
        header(width, height, bit_depth, colour_type, interlaced=interlaced)
        + b"".join(chunk(*each) for each in chunks)
        + chunk(b"IDAT", zlib.compress(scanlines))
        + chunk(b"IEND", b"")
    )


def _scanlines(samples: NDArray[np.generic], bit_depth: int) -> bytes:
    """The rows packed to bytes, each after filter type 0. An interlace pass without pixels has no rows."""
    if not samples.size:
        return b""
    rows = samples.reshape(len(samples), -1).astype(">u2")
    if bit_depth < 8:
        bits = rows[..., None] >> np.arange(bit_depth - 1, -1, -1) & 1
        packed = np.packbits(bits.reshape(len(rows), -1).astype(np.uint8), axis=1)
    else:
        packed = rows.astype(np.uint8) if bit_depth == 8 else rows.view(np.uint8)
    return b"".join(b"\0" + row.tobytes() for row in packed)
