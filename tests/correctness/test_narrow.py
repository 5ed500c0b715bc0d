"""Pictures of a few columns or rows keep their colours separate, scaled or not."""

import io
from itertools import product
from typing import Any

import numpy as np
import pytest
from files.gif import GifFrame, gif
from imagejobs.conversion.engine import convert
from imagejobs.conversion.options import Options
from measures.colour_science import lab
from measures.decoded_pictures import Pixels, decode, decode_frames, encode, noise, photo, resized
from PIL import Image

SMALL = range(1, 10)
FORMATS: dict[str, dict[str, Any]] = {
    "PNG": {},
    "JPEG": {"quality": 95, "subsampling": 0},
    "WEBP": {"lossless": True},
    "TIFF": {},
}


def cie76(one: Pixels, other: Pixels) -> float:
    """The mean Euclidean distance in L*a*b* (CIE76)."""
    assert one.shape == other.shape
    return float(np.linalg.norm(lab(one) - lab(other), axis=-1).mean())


def stripes(width: int, height: int) -> Pixels:
    """Stripes of very different colours, one pixel wide."""
    colours = np.array([(220, 40, 40), (40, 180, 60), (50, 60, 220)], np.uint8)
    return np.asarray(colours[np.add.outer(np.arange(height) // 7, np.arange(width)) % 3], np.uint8)


def off(picture: Pixels, image_format: str, options: Options) -> float:
    """The distance of the result from the source as Pillow reads and scales it."""
    source = encode(picture, image_format, **FORMATS[image_format])
    with Image.open(io.BytesIO(source)) as image:
        expected = np.asarray(image.convert("RGB"))
    result = decode(convert(source, options).data)[..., :3]
    height, width = result.shape[:2]
    return cie76(result, resized(expected, width, height) if result.shape != expected.shape else expected)


@pytest.mark.parametrize("image_format", FORMATS)
@pytest.mark.parametrize("draw", [photo, stripes])
def test_the_smallest_pictures_keep_their_colours(draw: object, image_format: str) -> None:
    assert callable(draw)
    apart = {size: off(draw(*size), image_format, Options()) for size in product(SMALL, (1, 2, 3, 6, 9))}

    assert max(apart.values()) < 3, apart


@pytest.mark.parametrize("image_format", ["PNG", "JPEG"])
@pytest.mark.parametrize("draw", [photo, stripes])
@pytest.mark.parametrize("side", SMALL)
def test_a_few_columns_or_rows_keep_their_colours_scaled_or_not(side: int, draw: object, image_format: str) -> None:
    assert callable(draw)
    for size, max_side in product([(side, 500), (500, side)], [500, 200]):
        assert off(draw(*size), image_format, Options(max_side=max_side)) < 3, (size, max_side)


@pytest.mark.parametrize("size", [(3, 5000), (5000, 3), (9, 16383)])
@pytest.mark.parametrize("image_format", ["PNG", "JPEG"])
def test_the_longest_of_them_keep_their_colours(image_format: str, size: tuple[int, int]) -> None:
    assert off(photo(*size), image_format, Options()) < 3


@pytest.mark.parametrize("size", [(3, 90), (90, 2)])
def test_a_narrow_animation_keeps_its_colours(size: tuple[int, int]) -> None:
    palette = [(220, 40, 40), (40, 180, 60), (50, 60, 220), (250, 250, 250)]
    source = gif(*size, [GifFrame(0, 0, *size, 3), GifFrame(0, 0, 1, 1, 1), GifFrame(1, 1, 1, 1, 2)], palette, 0)
    with Image.open(io.BytesIO(source)) as image:
        expected = []
        for index in range(3):
            image.seek(index)
            expected.append(np.asarray(image.convert("RGB")))

    frames = decode_frames(convert(source, Options()).data)

    assert max(cie76(shown[..., :3], wanted) for (shown, _), wanted in zip(frames, expected, strict=True)) < 3


def test_the_receipt_says_why_they_are_lossless() -> None:
    receipt = convert(encode(noise(3, 400), "JPEG"), Options()).receipt

    assert receipt.encoding in {"lossless", "nearLossless"}
    assert "lossy was not tried: it blurs the colours" in receipt.reason
