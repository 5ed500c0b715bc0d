import io

import numpy as np
import pytest
from decoded_pictures import Pixels, decode, difference, encode, on_ground, photo, resized
from exif_files import ORIENTATION, exif
from imagejobs.conversion.engine import Conversion, convert
from imagejobs.conversion.magick.readable_formats import readable_formats
from imagejobs.conversion.options import Options
from orientations import UPRIGHT
from PIL import Image, ImageOps
from tiff_avif_variants import TURNED_TIFFS

CARRIERS = {"JPEG", "PNG", "WEBP"} | {"TIFF"} & {each.name.upper() for each in readable_formats()}
"""The formats of Pillow that have EXIF or the tag itself, as far as they are read here."""
every_orientation = pytest.mark.parametrize("orientation", UPRIGHT)


def assert_upright(conversion: Conversion, expected: Pixels) -> None:
    result = decode(conversion.data)
    assert difference(result, expected) < 3
    with Image.open(io.BytesIO(conversion.data)) as image:
        assert image.getexif().get(ORIENTATION, 1) == 1
    receipt = conversion.receipt.to_json()
    assert (receipt["output"]["height"], receipt["output"]["width"]) == result.shape[:2]


@every_orientation
@pytest.mark.parametrize("image_format", sorted(CARRIERS))
def test_the_picture_comes_out_upright_and_without_the_tag(image_format: str, orientation: int) -> None:
    stored = photo()
    source = encode(stored, image_format, exif=exif({ORIENTATION: orientation}))

    conversion = convert(source, Options(quality=95))

    upright = UPRIGHT[orientation](stored)
    assert_upright(conversion, upright)
    receipt = conversion.receipt.to_json()
    assert (receipt["source"]["height"], receipt["source"]["width"]) == upright.shape[:2]
    assert receipt["orientation"] == orientation


@pytest.mark.skipif("TIFF" not in CARRIERS, reason="this ImageMagick reads no TIFF")
@every_orientation
@pytest.mark.parametrize("kind", TURNED_TIFFS)
def test_a_tiff_is_turned_once_however_it_is_compressed(kind: str, orientation: int) -> None:
    source = TURNED_TIFFS[kind](orientation)
    with Image.open(io.BytesIO(source)) as image:
        expected = np.asarray(ImageOps.exif_transpose(image).convert("RGBA"))

    conversion = convert(source, Options(quality=95))

    assert_upright(conversion, on_ground(expected, (0, 0, 0)))
    assert conversion.receipt.orientation == orientation


@every_orientation
@pytest.mark.parametrize("order", ["<", ">"], ids=["little-endian", "big-endian"])
def test_both_byte_orders_of_exif_are_understood(order: str, orientation: int) -> None:
    source = encode(photo(), "JPEG", quality=95, exif=exif({ORIENTATION: orientation}, order=order))

    assert_upright(convert(source, Options(quality=95)), UPRIGHT[orientation](photo()))


@every_orientation
@pytest.mark.parametrize("width", [300, 640])
def test_the_picture_is_turned_before_it_is_scaled(width: int, orientation: int) -> None:
    """With a height that is no whole multiple, so that turning after scaling would be a pixel off."""
    stored = photo(width, 199)
    upright = UPRIGHT[orientation](stored)
    height, upright_width = upright.shape[:2]
    scale = 75 / max(height, upright_width)
    size = round(upright_width * scale), round(height * scale)

    conversion = convert(
        encode(stored, "JPEG", quality=95, exif=exif({ORIENTATION: orientation})), Options(max_side=75, quality=95)
    )

    assert_upright(conversion, resized(upright, *size))


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_impossible_orientation_turns_nothing(orientation: int) -> None:
    source = encode(photo(), "JPEG", quality=95, exif=exif({ORIENTATION: orientation}))

    assert_upright(convert(source, Options(quality=95)), photo())


def test_soft_alpha_is_turned_with_its_colours() -> None:
    stored = np.dstack([photo(), np.linspace(0, 255, 96, dtype=np.uint8)[None].repeat(64, axis=0)])

    result = decode(convert(encode(stored, "PNG", exif=exif({ORIENTATION: 6})), Options(quality=95)).data)

    assert np.array_equal(result[..., 3], np.rot90(stored, -1)[..., 3])
