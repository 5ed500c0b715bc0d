import io

import numpy as np
import pytest
from imagejobs.conversion.engine import convert
from imagejobs.conversion.errors import ConversionError
from imagejobs.conversion.options import Options
from imagejobs.value_ranges import WEBP_MAX_SIDE
from measures.decoded_pictures import decode, difference, encode, photo, resized
from PIL import Image

FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
every_format = pytest.mark.parametrize("image_format", FORMATS)
OPTIONS = {"JPEG": {"quality": 95}, "WEBP": {"quality": 95}}


def size_of(data: bytes) -> tuple[int, int]:
    height, width = decode(data).shape[:2]
    return width, height


@every_format
@pytest.mark.parametrize(
    "size", [(1, 1), (1, 2), (2, 1), (3, 2), (1, 5000), (5000, 1), (2, 3001), (3001, 2), (7, 1920)]
)
def test_extreme_sizes_fit_the_box_and_lose_no_side(size: tuple[int, int], image_format: str) -> None:
    width, height = size
    scale = min(1, 1920 / max(size))

    conversion = convert(encode(photo(width, height), image_format), Options())

    result = size_of(conversion.data)
    assert result == (max(1, round(width * scale)), max(1, round(height * scale)))
    receipt = conversion.receipt.to_json()
    assert (receipt["source"]["width"], receipt["source"]["height"]) == size
    assert (receipt["output"]["width"], receipt["output"]["height"]) == result


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("size", [(WEBP_MAX_SIDE, 2), (2, WEBP_MAX_SIDE)])
def test_the_longest_sides_of_webp_are_written(size: tuple[int, int], image_format: str) -> None:
    source = encode(photo(*size), image_format)

    assert size_of(convert(source, Options(max_side=WEBP_MAX_SIDE)).data) == size
    assert max(size_of(convert(source, Options()).data)) == 1920


@pytest.mark.parametrize("size", [(WEBP_MAX_SIDE + 1, 2), (2, WEBP_MAX_SIDE + 1), (65000, 1)])
@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "GIF"])
def test_longer_sides_are_refused_before_they_are_decoded(size: tuple[int, int], image_format: str) -> None:
    width, height = size

    with pytest.raises(ConversionError) as caught:
        convert(encode(np.zeros((height, width), np.uint8), image_format), Options())

    assert caught.value.code == "too_many_pixels"


def test_the_photograph_of_a_50_megapixel_telephone_is_converted() -> None:
    picture = photo(16, 12)[..., :1].repeat(3, axis=2)
    buffer = io.BytesIO()
    Image.fromarray(picture[..., 0]).resize((8192, 6144), Image.Resampling.NEAREST).save(buffer, "JPEG")

    result = decode(convert(buffer.getvalue(), Options()).data)

    assert result.shape[:2] == (1440, 1920)
    blocks = np.asarray(Image.fromarray(result[..., :3]).resize((16, 12), Image.Resampling.BOX))
    assert difference(blocks, picture) < 3


@every_format
@pytest.mark.parametrize("max_side", [96, 97, 1920, WEBP_MAX_SIDE])
def test_nothing_is_enlarged(max_side: int, image_format: str) -> None:
    source = encode(photo(96, 64), image_format, **OPTIONS.get(image_format, {}))

    result = decode(convert(source, Options(max_side=max_side, quality=95)).data)

    assert result.shape[:2] == (64, 96)
    assert difference(result, photo(96, 64)) < 4


@pytest.mark.parametrize("max_side", [1, 2, 50, 63, 64, 99, 100, 101, 128, 199])
@every_format
def test_every_box_is_filled_in_proportion(image_format: str, max_side: int) -> None:
    """The size is exact even if a decoder scales by eighths, which alone would be a pixel off."""
    picture = photo(200, 131)
    source = encode(picture, image_format, **OPTIONS.get(image_format, {}))
    size = max_side, max(1, round(131 * max_side / 200))

    result = decode(convert(source, Options(max_side=max_side, quality=95)).data)

    height, width = result.shape[:2]
    assert (width, height) == size
    if max_side > 40:
        assert difference(result, resized(picture, width, height)) < 5


def test_a_scaled_picture_is_not_shifted() -> None:
    """A line in the middle stays there within half a pixel, at every scale of the JPEG decoder.

    The decoder rounds each scaled size up, by less than one of its pixels.
    """
    for width in (400, 500, 640, 810):
        picture = np.zeros((100, width, 3), np.uint8)
        picture[:, width // 2 - 4 : width // 2 + 4] = 255

        result = decode(convert(encode(picture, "JPEG", quality=95), Options(max_side=200, quality=95)).data)

        light = result[..., 0].astype(float).sum(axis=0)
        assert (light * (np.arange(200) + 0.5)).sum() / light.sum() == pytest.approx(100, abs=0.5)
