from collections.abc import Callable

from imagejobs.conversion.magick import MagickImage
from imagejobs.conversion.steps import Picture, convert_to_srgb, resize
from PIL import Image


def test_inks_are_converted_before_scaling(photo: Image.Image, save: Callable[..., bytes]) -> None:
    frame = MagickImage(blob=save(photo.convert("CMYK"), "JPEG"), format="jpeg")
    with Picture([frame], 120, 80, 1, 60) as picture:
        convert_to_srgb(picture)

        assert (frame.colorspace, picture.profile_converted) == ("srgb", "CMYK")


def test_a_picture_that_decoding_left_a_pixel_off_is_not_scaled_again() -> None:
    frame = MagickImage(width=60, height=41, background="red")
    with Picture([frame], 120, 81, 1, 60) as picture:
        resize(picture)

        assert frame.size == (60, 41)


def test_the_upright_size_is_turned_with_the_picture() -> None:
    assert [Picture([], 3, 2, value, 9).upright_size for value in (4, 5)] == [(3, 2), (2, 3)]
