"""The structural similarity of two planes, after Wang, Bovik, Sheikh and Simoncelli (2004)."""

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float64]

_RADIUS, _SIGMA = 5, 1.5
_WINDOW = np.exp(-(np.arange(-_RADIUS, _RADIUS + 1) ** 2) / (2 * _SIGMA**2))
_WINDOW /= _WINDOW.sum()
_RANGE = 255
_C1, _C2 = (0.01 * _RANGE) ** 2, (0.03 * _RANGE) ** 2


def ssim(first: Plane, second: Plane) -> float:
    """The mean over all positions where the 11x11 Gaussian window (sigma 1.5) fits, for values from 0 to 255."""
    mean_1, mean_2 = _blur(first), _blur(second)
    variance_1 = _blur(first * first) - mean_1 * mean_1
    variance_2 = _blur(second * second) - mean_2 * mean_2
    covariance = _blur(first * second) - mean_1 * mean_2
    likeness = (2 * mean_1 * mean_2 + _C1) * (2 * covariance + _C2)
    return float(np.mean(likeness / ((mean_1**2 + mean_2**2 + _C1) * (variance_1 + variance_2 + _C2))))


def _blur(plane: Plane) -> Plane:
    return _blur_rows(_blur_rows(plane).T).T


def _blur_rows(plane: Plane) -> Plane:
    """The weighted mean over 11 horizontal neighbours, at positions that have all 11."""
    across = plane.shape[1] - 2 * _RADIUS
    return np.asarray(sum(weight * plane[:, at : at + across] for at, weight in enumerate(_WINDOW)))
