import math
from collections.abc import Callable

import pytest
from imagejobs.conversion.encoding.lowering import LOWEST, _level, lower, lower_animation
from imagejobs.conversion.magick.image import MagickImage

Curve = Callable[[int], int]


def curve(slope: float, start: int = 100_000) -> Curve:
    """A picture's size in bytes by quality, with `start` bytes at quality 80."""
    return lambda quality: round(start * math.exp(slope * (_level(quality) - _level(80))))


def lowered(bytes_at: Curve, ceiling: int, size: tuple[int, int]) -> tuple[list[int], int | None, int]:
    """The qualities at which the whole picture was encoded, its least size, and the total rows of sample encodings."""
    whole, rows = [], 0

    def encode(image: MagickImage, quality: int) -> bytes:
        nonlocal rows
        if image.size == size:
            whole.append(quality)
        else:
            rows += image.height
        return bytes(bytes_at(quality) * image.height // size[1])

    with MagickImage(width=size[0], height=size[1], background="red") as image:
        found = lower(image, 80, bytes_at(80), ceiling, encode)
    assert sorted(found.encoded) == sorted(whole)
    return whole, found.least_bytes, rows


@pytest.mark.parametrize("size", [(600, 900), (60, 90)])
@pytest.mark.parametrize("slope", [0.5, 0.9, 2.5])
@pytest.mark.parametrize("share", [0.99, 0.9, 0.8, 0.7, 0.5])
def test_the_highest_quality_that_fits_is_found_in_two_encodings(
    share: float, slope: float, size: tuple[int, int]
) -> None:
    bytes_at = curve(slope)
    fits = [quality for quality in range(LOWEST, 80) if bytes_at(quality) <= 100_000 * share]

    whole, least, _ = lowered(bytes_at, round(100_000 * share), size)

    assert len(whole) <= 2
    if fits:
        assert least is None
        assert max(fits) - 1 - 3.5 / slope <= max(whole) <= max(fits)
    else:
        assert least == pytest.approx(bytes_at(LOWEST), rel=0.02)


def test_what_is_out_of_reach_costs_a_sample_only() -> None:
    whole, least, rows = lowered(curve(0.9), 50_000, (600, 900))

    assert (whole, rows) == ([], 2 * 128)
    assert least == pytest.approx(curve(0.9)(LOWEST), rel=0.02)


def test_at_the_lowest_quality_nothing_is_tried() -> None:
    with MagickImage(width=600, height=900, background="red") as image:
        assert lower(image, LOWEST, 1000, 500, lambda *_: b"").encoded == {}


def test_a_sample_that_was_wrong_is_mended_by_the_first_encoding() -> None:
    def encode(image: MagickImage, quality: int) -> bytes:
        return bytes(curve(2.5 if image.height < 900 else 1.0)(quality) * image.height // 900)

    with MagickImage(width=600, height=900, background="red") as image:
        found = lower(image, 80, 100_000, 80_000, encode)

    assert found.least_bytes is None
    assert len(found.encoded) == 2
    assert len(found.encoded[min(found.encoded)]) <= 80_000


@pytest.mark.parametrize("ceiling", [99_000, 80_000])
def test_an_animation_is_lowered_far_enough_for_the_flattest_slope(ceiling: int) -> None:
    quality = lower_animation(80, 100_000, ceiling)

    assert quality is not None
    assert curve(0.9)(quality) <= ceiling


def test_an_animation_that_no_quality_makes_small_enough_keeps_its_own() -> None:
    assert lower_animation(80, 100_000, 20_000) is None
    assert lower_animation(LOWEST, 100_000, 99_000) is None
