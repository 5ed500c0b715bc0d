from collections.abc import Callable

from imagejobs.conversion.magick.image import MagickImage
from imagejobs.conversion.pipeline import PREPARATION
from imagejobs.conversion.processing.steps import Preparation, convert_to_srgb, scale_down, strip_metadata, turn_upright
from PIL import Image

Save = Callable[..., bytes]


def test_inks_are_converted(photo: Image.Image, save: Save) -> None:
    preparation = Preparation((60, 40), 1)
    with MagickImage(blob=save(photo.convert("CMYK"), "JPEG"), format="jpeg") as frame:
        convert_to_srgb(frame, preparation)

        assert (frame.colorspace, preparation.profile_converted) == ("srgb", "CMYK")


def test_a_picture_that_decoding_left_a_pixel_off_is_not_scaled_again() -> None:
    with MagickImage(width=60, height=41, background="red") as frame:
        scale_down(frame, Preparation((60, 40), 1))

        assert frame.size == (60, 41)


def test_the_picture_is_scaled_as_it_is_stored_and_turned_then() -> None:
    preparation = Preparation((60, 40), 6)
    with MagickImage(width=120, height=80, background="red") as frame:
        for step in PREPARATION:
            step(frame, preparation)

        assert frame.size == (40, 60)


def test_turning_leaves_no_orientation_to_be_applied_again() -> None:
    with MagickImage(width=3, height=2, background="red") as frame:
        turn_upright(frame, Preparation((3, 2), 8))

        assert (frame.size, frame.orientation) == ((2, 3), "top_left")


def test_credits_are_noted_before_everything_is_stripped(photo: Image.Image, save: Save) -> None:
    exif = Image.Exif()
    exif[0x8298] = "Jo Doe"
    preparation = Preparation((120, 80), 1)
    with MagickImage(blob=save(photo, "JPEG", exif=exif), format="jpeg") as frame:
        strip_metadata(frame, preparation)

        assert preparation.credits == {0x8298: b"Jo Doe"}
        assert not frame.profiles["exif"]


def test_a_later_frame_without_credits_keeps_those_of_the_first() -> None:
    preparation = Preparation((2, 2), 1, credits={0x013B: b"Jo"})
    with MagickImage(width=2, height=2, background="red") as frame:
        strip_metadata(frame, preparation)

    assert preparation.credits == {0x013B: b"Jo"}
