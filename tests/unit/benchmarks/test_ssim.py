import math

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.conversion.ssim import ssim

SIDE = 11
"""Side of the window: in a plane of this size it fits in one place, so the mean is over one value."""
C1, C2 = 2.55**2, 7.65**2


@pytest.fixture
def plane() -> NDArray[np.float64]:
    """A plane with waves and an edge."""
    down, across = np.mgrid[0:64, 0:80]
    return np.asarray(128 + 60 * np.sin(across / 5) * np.cos(down / 7) + 40 * (across > 40))


def test_a_plane_is_like_itself(plane: NDArray[np.float64]) -> None:
    assert ssim(plane, plane) == pytest.approx(1)


def test_likeness_has_no_direction(plane: NDArray[np.float64]) -> None:
    other = np.clip(plane * 0.8, 0, 255)
    assert ssim(plane, other) == pytest.approx(ssim(other, plane))


def test_more_noise_is_less_like(plane: NDArray[np.float64]) -> None:
    noise = np.random.default_rng(1).standard_normal(plane.shape)
    likeness = [ssim(plane, plane + strength * noise) for strength in (0, 2, 8, 32)]
    assert likeness == sorted(likeness, reverse=True)
    assert likeness[-1] < 0.5


def test_a_brighter_picture_is_more_like_than_a_blurred_one(plane: NDArray[np.float64]) -> None:
    blurred = plane.copy()
    blurred[:, 2:-2] = sum(plane[:, at : plane.shape[1] - 4 + at] for at in range(5)) / 5
    assert ssim(plane, plane + 3) > ssim(plane, blurred)


def test_two_flat_planes_are_compared_by_their_light_alone() -> None:
    # Without variance the formula is (2ab + C1) / (a² + b² + C1).
    flat = np.full((SIDE, SIDE), 100.0), np.full((SIDE, SIDE), 120.0)
    assert ssim(*flat) == pytest.approx((2 * 100 * 120 + C1) / (100**2 + 120**2 + C1))


def test_one_point_is_weighted_as_the_window_says() -> None:
    # A single point of 50 on black is compared with black. The window's middle weight is w, so the point's mean is 50w
    # and its variance 2500w - (50w)²; the covariance is 0.
    point = np.zeros((SIDE, SIDE))
    point[5, 5] = 50
    w = 1 / sum(math.exp(-(x * x + y * y) / 4.5) for x in range(-5, 6) for y in range(-5, 6))
    mean, variance = 50 * w, 2500 * w - (50 * w) ** 2
    expected = C1 / (mean**2 + C1) * C2 / (variance + C2)
    assert ssim(point, np.zeros((SIDE, SIDE))) == pytest.approx(expected)


def test_places_at_the_border_where_the_window_does_not_fit_do_not_count(plane: NDArray[np.float64]) -> None:
    # No window extends beyond the plane, so a changed corner is in one window only.
    other = plane.copy()
    other[0, 0] += 100
    places = (plane.shape[0] - SIDE + 1) * (plane.shape[1] - SIDE + 1)
    one_window = 1 - ssim(plane[:SIDE, :SIDE], other[:SIDE, :SIDE])
    assert 1 - ssim(plane, other) == pytest.approx(one_window / places)
