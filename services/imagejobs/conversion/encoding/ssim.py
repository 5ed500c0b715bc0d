"""Structural similarity of two pictures (Wang, Bovik, Sheikh and Simoncelli 2004), on luma, with uniform windows."""

import numpy as np
from numpy.typing import NDArray

_WINDOW = 7
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
_WEIGHTS = (0.299, 0.587, 0.114)
"""The shares of red, green and blue in luma (ITU-R BT.601), which WebP codes."""


Pixels = tuple[bytes, int, int]
"""The bytes of a picture (red, green and blue of each pixel, row by row), its width and its height."""


def ssim(one: Pixels, other: Pixels) -> float:
    """The mean SSIM over all windows of 7 x 7 pixels, or smaller ones in a smaller picture; 1 for equal pictures."""
    x, y = _luma(*one), _luma(*other)
    mean_x, mean_y = _means(x), _means(y)
    variance_x, variance_y = _means(x * x) - mean_x**2, _means(y * y) - mean_y**2
    covariance = _means(x * y) - mean_x * mean_y
    likeness = (2 * mean_x * mean_y + _C1) * (2 * covariance + _C2)
    return float(np.mean(likeness / ((mean_x**2 + mean_y**2 + _C1) * (variance_x + variance_y + _C2))))


def _luma(rgb: bytes, width: int, height: int) -> NDArray[np.float64]:
    luma: NDArray[np.float64] = np.frombuffer(rgb, np.uint8).reshape(height, width, 3) @ np.array(_WEIGHTS)
    return luma


def _means(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean of each window, computed from differences of running sums."""
    for axis in (0, 1):
        window = min(_WINDOW, values.shape[axis])
        sums = np.cumsum(values, axis=axis)
        shape = (1, values.shape[1]) if axis == 0 else (values.shape[0], 1)
        sums = np.concatenate([np.zeros(shape), sums], axis=axis)
        count = values.shape[axis] - window + 1
        values = (np.take(sums, range(window, window + count), axis) - np.take(sums, range(count), axis)) / window
    return values
