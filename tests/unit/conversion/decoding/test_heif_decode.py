import io
from typing import Any

import pillow_heif
import pytest
from imagejobs.conversion.colour.icc import parse_icc
from imagejobs.conversion.colour.srgb_profile import display_profile
from imagejobs.conversion.decoding.decode import decode as decode_frames
from imagejobs.conversion.decoding.heif_profile import find_profile
from imagejobs.conversion.errors import ConversionError
from imagejobs.conversion.formats.format import Format
from imagejobs.conversion.formats.heif.items import Extent, Item, Items
from imagejobs.conversion.formats.heif.layers import split_layers
from imagejobs.conversion.formats.heif.picture_file import write_picture
from imagejobs.conversion.formats.registry import AVIF, HEIC
from imagejobs.conversion.magick.image import MagickImage
from imagejobs.conversion.magick.readable_formats import readable_formats
from measures.structure_reading import read
from PIL import Image

WIDE = display_profile("Wide", {"r": (0.515, 0.241, -0.001), "g": (0.292, 0.692, 0.042), "b": (0.157, 0.067, 0.784)})
READ = [each for each in (HEIC, AVIF) if each in readable_formats()]
readable = pytest.mark.parametrize("image_format", READ, ids=lambda each: each.name)


def encode(picture: Image.Image, image_format: Format, **options: Any) -> bytes:
    buffer = io.BytesIO()
    if image_format is AVIF:
        picture.save(buffer, "AVIF", quality=95, **options)
    else:
        pillow_heif.from_pillow(picture).save(buffer, quality=95, **options)
    return buffer.getvalue()


def completed(data: bytes, image_format: Format) -> MagickImage:
    found = read(data)
    assert found.format is image_format
    return next(decode_frames(data, found, (found.width, found.height)))


@pytest.fixture
def see_through(photo: Image.Image) -> Image.Image:
    picture = photo.convert("RGBA")
    picture.putalpha(100)
    picture.paste((9, 90, 200, 255), (0, 0, 60, 80))
    picture.paste((0, 0, 0, 0), (0, 0, 60, 40))
    return picture


@readable
def test_transparency_is_exact(image_format: Format, see_through: Image.Image) -> None:
    with completed(encode(see_through, image_format), image_format) as image:
        found = [round(image[x, y].alpha * 255) for x, y in ((10, 10), (10, 70), (100, 40))]

    assert found == [0, 255, 100]


@readable
def test_an_opaque_picture_stays_opaque(image_format: Format, photo: Image.Image) -> None:
    with completed(encode(photo, image_format), image_format) as image:
        assert not image.alpha_channel


@readable
def test_the_embedded_profile_is_there(image_format: Format, photo: Image.Image) -> None:
    data = encode(photo, image_format, icc_profile=WIDE)

    with completed(data, image_format) as image:
        assert image.profiles["icc"] == WIDE
        assert image.colorspace == "srgb"
    assert find_profile(data) == WIDE


@readable
def test_srgb_needs_no_profile(image_format: Format, photo: Image.Image) -> None:
    with completed(encode(photo, image_format), image_format) as image:
        assert not image.profiles["icc"]


@pytest.mark.parametrize(
    ("primaries", "curve", "name"), [(12, 13, "Display P3"), (9, 14, "BT.2020"), (12, 1, "Display P3")]
)
def test_wide_primaries_by_number_become_a_profile(primaries: int, curve: int, name: str, photo: Image.Image) -> None:
    data = encode(photo, HEIC, color_primaries=primaries, transfer_characteristics=curve, matrix_coefficients=6)

    profile = parse_icc(find_profile(data) or b"")

    assert profile is not None
    assert (profile.description, profile.is_srgb) == (name, False)


@pytest.mark.parametrize(("primaries", "curve"), [(1, 13), (1, 1), (2, 2), (9, 16), (9, 18)])
def test_srgb_and_hdr_make_none(primaries: int, curve: int, photo: Image.Image) -> None:
    data = encode(photo, HEIC, color_primaries=primaries, transfer_characteristics=curve, matrix_coefficients=6)

    assert find_profile(data) is None


@pytest.mark.skipif(HEIC not in READ, reason="this ImageMagick reads no HEIC")
def test_a_picture_in_p3_by_number_is_converted_like_one_with_its_profile(photo: Image.Image) -> None:
    data = encode(
        photo, HEIC, color_primaries=12, transfer_characteristics=13, matrix_coefficients=6, full_range_flag=1
    )

    with completed(data, HEIC) as image:
        assert image.colorspace == "srgb"
        assert image.profiles["icc"] == find_profile(data)


def test_a_file_without_alpha_is_shown_as_it_is(photo: Image.Image) -> None:
    data = encode(photo, AVIF)

    assert split_layers(data) == (data, None)


def test_colours_and_alpha_become_files_of_their_own(see_through: Image.Image) -> None:
    colour, alpha = split_layers(encode(see_through, AVIF))

    assert alpha is not None
    assert (alpha.size, alpha.coded_size, alpha.transforms, alpha.is_premultiplied) == (
        see_through.size,
        see_through.size,
        (),
        False,
    )
    for data in (colour, alpha.data):
        assert (read(data).width, read(data).height) == see_through.size
        assert split_layers(data) == (data, None)


def test_pictures_that_share_their_data_are_corrupt() -> None:
    """Copying shared data for each picture would turn a small file into a huge one."""
    tile = Item(b"av01", extents=[Extent(0, 0, 1000)])
    items = Items(1, {1: Item(b"grid"), 2: tile, 3: tile}, b"")

    with pytest.raises(ConversionError, match="share their data") as caught:
        write_picture(bytes(1000), items, items.find(1), [2, 3])

    assert caught.value.code == "corrupt"
