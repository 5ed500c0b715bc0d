"""Near-lossless coding: a picture is changed slightly, so that lossless coding takes fewer bytes.

This is libwebp's option `near_lossless` (src/enc/near_lossless_enc.c, version 1.2), which ImageMagick up to 7.1.1 does
not pass on. Pixels that differ visibly from a neighbour lose the lowest bits of their channels. Smooth areas stay
exact.
"""

import numpy as np
from numpy.typing import NDArray

BITS = 2
"""The bits that a channel may lose, as with the option's value 60. A value changes by 2 of 255 at most, unless it is
clipped at 255."""

_COLORS = 3
_ROWS = 64
"""Processed at a time, because numpy needs ten times the memory of the rows."""

Pixels = NDArray[np.uint8]


def nearly(data: bytes, width: int, height: int) -> bytes:
    """The picture with fewer different colours. `data` has the 8-bit channels, RGB or RGBA, of each pixel, row by row.

    Alpha is not changed.
    """
    pixels = np.frombuffer(data, np.uint8).reshape(height, width, -1)
    for bits in range(BITS, 0, -1):
        pixels = _discretized(pixels, bits)
    return pixels.tobytes()


def _discretized(pixels: Pixels, bits: int) -> Pixels:
    """One pass. Pixels of the border, which lack neighbours, are not changed."""
    height, width = pixels.shape[:2]
    if min(height, width) < 3:
        return pixels
    done = pixels.copy()
    for top in range(1, height - 1, _ROWS):
        bottom = min(top + _ROWS, height - 1)
        rows = pixels[top - 1 : bottom + 1]
        inner = rows[1:-1, 1:-1, :_COLORS]
        is_smooth = _is_smooth(rows, 1 << bits)[..., None]
        done[top:bottom, 1:-1, :_COLORS] = np.where(is_smooth, inner, _nearest(inner, bits))
    return done


def _is_smooth(pixels: Pixels, limit: int) -> NDArray[np.bool_]:
    """For each inner pixel, whether it differs from its four neighbours by less than `limit` in every channel."""
    wide = pixels.astype(np.int16)
    inner = wide[1:-1, 1:-1]
    neighbours = (wide[:-2, 1:-1], wide[2:, 1:-1], wide[1:-1, :-2], wide[1:-1, 2:])
    near: NDArray[np.bool_] = np.all([np.abs(inner - each).max(axis=2) < limit for each in neighbours], axis=0)
    return near


def _nearest(values: Pixels, bits: int) -> Pixels:
    """The nearest multiples of 2 ** bits, halves rounded to even, and 255 at most."""
    mask = (1 << bits) - 1
    wide = values.astype(np.int16)
    biased = wide + (mask >> 1) + (wide >> bits & 1)
    return np.where(biased > 255, 255, biased & ~mask).astype(np.uint8)
