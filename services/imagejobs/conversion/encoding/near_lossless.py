"""Preparing a picture so that lossless coding takes fewer bytes, as libwebp's option `near_lossless` does.

ImageMagick up to 7.1.1 does not hand that option on. The rule is libwebp's (src/enc/near_lossless_enc.c, 1.2): where a
pixel differs visibly from a neighbour, its channels lose their lowest bits; smooth areas stay exact.
"""

import numpy as np
from numpy.typing import NDArray

BITS = 2
"""That a channel may lose, which is the option's value 60: it changes by 2 of 255 at most where nothing is clipped."""

_COLORS = 3
_ROWS = 64
"""That are looked at at once: what numpy holds for them is ten times as much as they are."""

Pixels = NDArray[np.uint8]


def nearly(data: bytes, width: int, height: int) -> bytes:
    """The picture with fewer different colours; `data` has each pixel's channels of 8 bits, row by row.

    A fourth channel, the alpha, stays as it is.
    """
    pixels = np.frombuffer(data, np.uint8).reshape(height, width, -1)
    for bits in range(BITS, 0, -1):
        pixels = _discretized(pixels, bits)
    return pixels.tobytes()


def _discretized(pixels: Pixels, bits: int) -> Pixels:
    """One pass. The border stays as it is: it lacks neighbours to be judged by."""
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
    """Whether each inner pixel is nearer than `limit` to its four neighbours, in every channel."""
    wide = pixels.astype(np.int16)
    inner = wide[1:-1, 1:-1]
    neighbours = (wide[:-2, 1:-1], wide[2:, 1:-1], wide[1:-1, :-2], wide[1:-1, 2:])
    near: NDArray[np.bool_] = np.all([np.abs(inner - each).max(axis=2) < limit for each in neighbours], axis=0)
    return near


def _nearest(values: Pixels, bits: int) -> Pixels:
    """The nearest multiple of 2 ** bits, halves to the even one; 255 for what would go beyond."""
    mask = (1 << bits) - 1
    wide = values.astype(np.int16)
    biased = wide + (mask >> 1) + (wide >> bits & 1)
    return np.where(biased > 255, 255, biased & ~mask).astype(np.uint8)
