from collections.abc import Callable
from functools import cache

import pytest
from imagejobs.conversion.formats.jpeg.scale import size_hint
from imagejobs.conversion.magick.image import MagickImage
from imagejobs.conversion.processing.geometry import fit
from PIL import Image

Save = Callable[..., bytes]
SIZES = [(800, 533), (533, 800), (641, 640), (640, 80), (79, 640), (103, 100), (65, 72)]
TINY = [(17, 11), (8, 8), (7, 3), (1, 900), (1023, 1)]
SCALES = (1, 2, 3, 4, 8)
"""The scales, in eighths, that ImageMagick can request of libjpeg."""


def scaled(side: int, eighths: int) -> int:
    """The scaled side, rounded up as libjpeg does."""
    return -(-side * eighths // 8)


def smallest(size: tuple[int, int], target: tuple[int, int]) -> tuple[int, int]:
    """The smallest size of libjpeg's that is not below the target, and that rounding enlarged by 5 % at most."""
    candidates = {eighths: (scaled(size[0], eighths), scaled(size[1], eighths)) for eighths in SCALES}
    return next(
        each
        for eighths, each in candidates.items()
        if all(have >= want for have, want in zip(each, target, strict=True))
        and all(have * 8 / eighths / side <= 1.05 for have, side in zip(each, size, strict=True))
    )


@pytest.mark.parametrize("size", [(3, 5000), (5000, 3), (9, 100), (8, 5000), (64, 900)])
def test_a_few_columns_or_rows_are_decoded_in_full(size: tuple[int, int]) -> None:
    assert size_hint(size, (1, 1)) is None


@pytest.mark.parametrize("size", SIZES)
def test_the_real_decoder_gives_the_smallest_size_that_is_enough(size: tuple[int, int], save: Save) -> None:
    data = save(Image.new("RGB", size, "red"), "JPEG", quality=30)
    decoded = cache(lambda hint: decoded_size(data, hint))

    for target in targets(size):
        assert decoded(size_hint(size, target)) == smallest(size, target), target


@pytest.mark.parametrize("size", TINY)
def test_a_tiny_picture_is_not_decoded_to_less_than_is_wanted(size: tuple[int, int], save: Save) -> None:
    data = save(Image.new("RGB", size, "red"), "JPEG", quality=30)

    for target in targets(size):
        width, height = decoded_size(data, size_hint(size, target))
        assert width >= target[0], target
        assert height >= target[1], target


def targets(size: tuple[int, int]) -> list[tuple[int, int]]:
    """Target sizes, including those exactly at each scale and one pixel beside it."""
    longest = max(size)
    near = {scaled(longest, eighths) + more for eighths in SCALES for more in (-1, 0, 1)}
    sides = {*range(1, 20), *range(20, longest, 13), *near}
    return [fit(*size, side) for side in sorted(sides) if 1 <= side <= longest]


def decoded_size(data: bytes, hint: str | None) -> tuple[int, int]:
    with MagickImage() as image:
        if hint:
            image.options["jpeg:size"] = hint
        image.read(blob=data, format="jpeg")
        return tuple(image.size)


@pytest.mark.parametrize("target", [(800, 600), (401, 300), (400, 301)])
def test_what_half_the_size_is_too_small_for_is_decoded_in_full(target: tuple[int, int]) -> None:
    assert size_hint((800, 600), target) is None
