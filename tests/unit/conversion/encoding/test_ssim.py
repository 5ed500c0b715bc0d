import hashlib
from itertools import pairwise

import pytest
from imagejobs.conversion.encoding.ssim import Pixels, ssim

C1, C2 = 6.5025, 58.5225


def noise(width: int, height: int, seed: bytes = b"") -> Pixels:
    return hashlib.shake_128(b"pixels" + seed).digest(width * height * 3), width, height


def grey(levels: bytes, width: int, height: int) -> Pixels:
    return bytes(level for level in levels for _ in range(3)), width, height


def disturbed(pixels: Pixels, strength: int) -> Pixels:
    data, width, height = pixels
    grain = hashlib.shake_128(b"grain").digest(len(data))
    changed = (level + (each - 128) * strength // 128 for level, each in zip(data, grain, strict=True))
    return bytes(min(255, max(0, level)) for level in changed), width, height


def slow_ssim(one: Pixels, other: Pixels) -> float:
    """SSIM calculated from its formula, window by window."""
    width, height = one[1:]
    across, down = min(7, width), min(7, height)
    likenesses = []
    for top in range(height - down + 1):
        for left in range(width - across + 1):
            x, y = (
                [
                    0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2]
                    for row in range(top, top + down)
                    for at in range((row * width + left) * 3, (row * width + left + across) * 3, 3)
                ]
                for data, *_ in (one, other)
            )
            count, mean_x, mean_y = len(x), sum(x) / len(x), sum(y) / len(y)
            variances = sum((a - mean_x) ** 2 for a in x) / count + sum((b - mean_y) ** 2 for b in y) / count
            covariance = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / count
            likenesses.append(
                (2 * mean_x * mean_y + C1) * (2 * covariance + C2) / ((mean_x**2 + mean_y**2 + C1) * (variances + C2))
            )
    return sum(likenesses) / len(likenesses)


@pytest.mark.parametrize("size", [(1, 1), (3, 20), (20, 3), (7, 7), (24, 17)])
def test_a_picture_is_like_itself(size: tuple[int, int]) -> None:
    assert ssim(noise(*size), noise(*size)) == pytest.approx(1)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (8, 2), (6, 7), (7, 7), (8, 7), (19, 13)])
@pytest.mark.parametrize("strength", [10, 90])
def test_it_is_the_mean_over_all_windows(size: tuple[int, int], strength: int) -> None:
    picture = noise(*size)

    assert ssim(picture, disturbed(picture, strength)) == pytest.approx(
        slow_ssim(picture, disturbed(picture, strength))
    )


def test_black_is_not_like_white() -> None:
    # Neither picture has structure, so only the means are compared.
    assert ssim(grey(b"\0", 1, 1), grey(b"\xff", 1, 1)) == pytest.approx(C1 / (255**2 + C1))


def test_two_pixels_turned_round_are_the_opposite() -> None:
    # Means 50 and 50, variances 2500 and 2500, covariance -2500.
    one, other = grey(bytes([0, 100]), 2, 1), grey(bytes([100, 0]), 2, 1)

    assert ssim(one, other) == pytest.approx((C2 - 5000) / (5000 + C2))


def test_the_more_is_disturbed_the_less_it_is_alike() -> None:
    picture = grey(bytes(7 * x % 251 for x in range(40 * 30)), 40, 30)

    likenesses = [ssim(picture, disturbed(picture, strength)) for strength in (0, 5, 20, 60, 120)]

    assert all(better > worse for better, worse in pairwise(likenesses))


def test_it_does_not_matter_which_of_the_two_is_the_original() -> None:
    one, other = noise(15, 11), noise(15, 11, b"other")

    assert ssim(one, other) == pytest.approx(ssim(other, one))


def test_green_counts_most_and_blue_least() -> None:
    ground = bytes([100, 100, 100] * 64)
    brighter = [bytes([100 + 50 * (at % 3 == channel) for at in range(192)]) for channel in range(3)]
    red, green, blue = (ssim((ground, 8, 8), (data, 8, 8)) for data in brighter)

    assert green < red < blue < 1
