from collections.abc import Callable
from typing import Any

import pytest
from imagejobs.conversion.magick.image import MagickImage
from imagejobs.conversion.processing.placeholder import Placeholder, make_placeholder
from PIL import Image, ImageOps

Save = Callable[..., bytes]


@pytest.fixture
def placeholder(save: Save) -> Callable[[Image.Image], Placeholder]:
    def make(picture: Image.Image) -> Placeholder:
        with MagickImage(blob=save(picture, "PNG"), format="png") as image:
            return make_placeholder(image)

    return make


Make = Callable[[Image.Image], Placeholder]


def halves(one: Any, other: Any, share: int, mode: str = "RGB") -> Image.Image:
    """A picture of 60 rows: the upper `share` rows have one colour, the rest another."""
    picture = Image.new(mode, (80, 60), other)
    picture.paste(one, (0, 0, 80, share))
    return picture


@pytest.mark.parametrize(
    ("picture", "color"),
    [
        (Image.new("RGB", (1, 1), (1, 2, 3)), "#010203"),
        (Image.new("RGB", (900, 2), (255, 128, 0)), "#ff8000"),
        (Image.new("L", (9, 9), 77), "#4d4d4d"),
        (Image.new("1", (9, 9), 0), "#000000"),
        (halves((10, 20, 200), (240, 240, 0), 40), "#0a14c8"),
        (halves((10, 20, 200), (240, 240, 0), 20), "#f0f000"),
        (halves((10, 20, 200), (240, 240, 0), 30), "#0a14c8"),
    ],
)
def test_the_colour_that_fills_most_is_dominant_and_of_equals_the_first(
    picture: Image.Image, color: str, placeholder: Make
) -> None:
    assert placeholder(picture).dominant_color == color


def test_shades_of_a_colour_count_together(placeholder: Make) -> None:
    picture = halves((0, 0, 0), (255, 255, 255), 24)
    picture.paste((200, 40, 40), (0, 24, 80, 38))
    picture.paste((220, 60, 60), (0, 38, 80, 52))

    assert placeholder(picture).dominant_color == "#d23232"


def test_what_is_invisible_has_no_colour(placeholder: Make) -> None:
    picture = halves((0, 255, 0, 100), (10, 20, 200, 200), 50, "RGBA")

    assert placeholder(picture).dominant_color == "#0a14c8"


def test_a_picture_of_nothing_is_white(placeholder: Make) -> None:
    assert placeholder(Image.new("RGBA", (30, 20), (9, 9, 9, 0))).dominant_color == "#ffffff"


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "LA"])
def test_the_same_picture_has_the_same_placeholder(mode: str, photo: Image.Image, placeholder: Make) -> None:
    picture = photo.convert(mode)

    first = placeholder(picture)

    assert placeholder(picture.copy()) == first
    assert len(first.thumb_hash) <= 25


def test_another_picture_has_another(photo: Image.Image, placeholder: Make) -> None:
    assert placeholder(photo).thumb_hash != placeholder(ImageOps.mirror(photo)).thumb_hash


def test_opaque_pictures_have_no_alpha_in_their_hash(photo: Image.Image, placeholder: Make) -> None:
    opaque, soft = placeholder(photo), placeholder(Image.merge("RGBA", (*photo.split(), photo.getchannel("R"))))

    assert not opaque.thumb_hash[2] & 0x80
    assert soft.thumb_hash[2] & 0x80


def test_an_opaque_picture_with_an_alpha_channel_has_the_hash_of_one_without(
    photo: Image.Image, placeholder: Make
) -> None:
    assert placeholder(photo.convert("RGBA")) == placeholder(photo)


def test_the_picture_itself_stays_as_it_is(photo: Image.Image, save: Save) -> None:
    with MagickImage(blob=save(photo, "PNG"), format="png") as image:
        make_placeholder(image)

        assert image.size == photo.size
        assert bytes(image.export_pixels(channel_map="RGB", storage="char")) == photo.tobytes()
