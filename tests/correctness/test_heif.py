"""HEIC and AVIF: pictures are turned by their own boxes (ISO/IEC 23008-12, 6.5.10), never by EXIF."""

import io
import struct
from typing import Any

import numpy as np
import pillow_heif
import pytest
from files.colour_profiles import rgb_profile
from files.exif import CAMERA, ORIENTATION, exif
from files.orientations import UPRIGHT
from imagejobs.conversion.engine import convert
from imagejobs.conversion.magick.readable_formats import readable_formats
from imagejobs.conversion.options import Options
from measures.colour_science import DISPLAY_P3, mean_delta_e, to_srgb
from measures.decoded_pictures import GROUNDS, Pixels, decode, difference, encode, on_ground, photo, resized
from PIL import Image

_NEIGHBOUR = 0x0115
FINE = Options(quality=95)
READ = [each.name.upper() for each in readable_formats() if each.name in {"heic", "avif"}]
pytestmark = pytest.mark.skipif(not READ, reason="this ImageMagick reads neither HEIC nor AVIF")
every_format = pytest.mark.parametrize("image_format", READ)


def heif(image_format: str, pixels: Pixels, **options: Any) -> bytes:
    """Write a HEIC by libheif or an AVIF by libavif."""
    if image_format == "AVIF":
        return encode(pixels, "AVIF", quality=95, subsampling="4:4:4", **options)
    buffer = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(pixels)).save(buffer, quality=95, chroma=444, **options)
    return buffer.getvalue()


def with_both(image_format: str, boxes: int, tag: int) -> bytes:
    """A file turned by its boxes whose EXIF has the orientation `tag`.

    The libraries move the orientation from EXIF to the boxes. So the EXIF gets a field with a neighbouring number
    (0x0115), which they keep, and which is then changed to the orientation's.
    """
    data = heif(image_format, photo(), exif=exif({ORIENTATION: boxes, _NEIGHBOUR: tag}))
    entries = [(struct.pack(f"{order}HH", _NEIGHBOUR, 3), struct.pack(f"{order}HH", ORIENTATION, 3)) for order in "<>"]
    found = [(neighbour, wanted) for neighbour, wanted in entries if neighbour in data]
    assert len(found) == 1
    return data.replace(*found[0])


@every_format
@pytest.mark.parametrize("orientation", UPRIGHT)
def test_a_turned_picture_comes_out_upright(orientation: int, image_format: str) -> None:
    source = heif(image_format, photo(), exif=exif({ORIENTATION: orientation}))
    expected = UPRIGHT[orientation](photo())

    conversion = convert(source, FINE)

    assert difference(decode(conversion.data), expected) < 3
    receipt = conversion.receipt.to_json()
    for side in ("source", "output"):
        assert (receipt[side]["height"], receipt[side]["width"]) == expected.shape[:2]


@every_format
@pytest.mark.parametrize("orientation", UPRIGHT)
def test_a_turned_picture_is_scaled_upright(orientation: int, image_format: str) -> None:
    source = heif(image_format, photo(240, 160), exif=exif({ORIENTATION: orientation}))
    size = (75, 50) if orientation < 5 else (50, 75)

    result = decode(convert(source, Options(max_side=75, quality=95)).data)

    assert difference(result, resized(UPRIGHT[orientation](photo(240, 160)), *size)) < 3


@every_format
@pytest.mark.parametrize("boxes", [1, 6])
@pytest.mark.parametrize("tag", [3, 6, 8])
def test_the_orientation_of_exif_turns_nothing_a_second_time(tag: int, boxes: int, image_format: str) -> None:
    """Telephones write the orientation into both; only the boxes count."""
    result = decode(convert(with_both(image_format, boxes, tag), FINE).data)

    assert difference(result, UPRIGHT[boxes](photo())) < 3


@every_format
def test_the_wide_gamut_of_telephones_is_converted(image_format: str) -> None:
    expected = to_srgb(photo(), DISPLAY_P3)

    conversion = convert(heif(image_format, photo(), icc_profile=rgb_profile(DISPLAY_P3)), FINE)

    assert mean_delta_e(decode(conversion.data), expected) < 1
    assert conversion.receipt.to_json()["profileConverted"] == DISPLAY_P3.name


@pytest.mark.skipif("HEIC" not in READ, reason="this ImageMagick reads no HEIC")
def test_a_wide_gamut_that_is_only_named_is_converted_too() -> None:
    """The gamut is given by code points without a profile (ITU-T H.273, 8.1: primaries 12 are Display P3)."""
    source = heif("HEIC", photo(), color_primaries=12, transfer_characteristics=13, matrix_coefficients=6)

    assert mean_delta_e(decode(convert(source, FINE).data), to_srgb(photo(), DISPLAY_P3)) < 1


@every_format
@pytest.mark.parametrize("ground", GROUNDS.values(), ids=GROUNDS)
def test_soft_alpha_is_kept(ground: tuple[int, int, int], image_format: str) -> None:
    source = np.dstack([photo(), np.linspace(0, 255, 96, dtype=np.uint8)[None].repeat(64, axis=0)])

    result = decode(convert(heif(image_format, source), FINE).data)

    assert difference(on_ground(result, ground), on_ground(source, ground)) < 3


@every_format
def test_grey_stays_grey(image_format: str) -> None:
    """The middle of the chroma channels is 128; ImageMagick 6 would take 127.5."""
    grey = photo()[..., 0]

    result = decode(convert(heif(image_format, grey), FINE).data)

    assert np.ptp(result[..., :3].astype(int), axis=-1).max() <= 1
    assert difference(result, np.repeat(grey[..., None], 3, axis=-1)) < 3


@every_format
def test_grey_stays_grey_through_a_profile(image_format: str) -> None:
    grey = np.repeat(photo()[..., :1], 3, axis=-1)

    result = decode(convert(heif(image_format, grey, icc_profile=rgb_profile(DISPLAY_P3)), FINE).data)

    assert np.ptp(result[..., :3].astype(int), axis=-1).mean() < 1
    assert mean_delta_e(result, grey) < 0.5


@pytest.mark.skipif("HEIC" not in READ, reason="this ImageMagick reads no HEIC")
def test_ten_bits_become_eight() -> None:
    wide = (photo().astype(np.uint16) * 257).tobytes()
    buffer = io.BytesIO()
    pillow_heif.from_bytes("RGB;16", (96, 64), wide).save(buffer, quality=95, chroma=444, bit_depth=10)

    assert difference(decode(convert(buffer.getvalue(), FINE).data), photo()) < 3


@pytest.mark.skipif("HEIC" not in READ, reason="this ImageMagick reads no HEIC")
@pytest.mark.parametrize("primary", [0, 1, 2])
def test_the_primary_picture_of_several_is_taken(primary: int) -> None:
    pictures = [photo(), 255 - photo(), np.roll(photo(), 20, axis=1)]
    several = pillow_heif.from_pillow(Image.fromarray(pictures[0]))
    for each in pictures[1:]:
        several.add_from_pillow(Image.fromarray(each))
    buffer = io.BytesIO()
    several.save(buffer, quality=95, chroma=444, primary_index=primary)

    conversion = convert(buffer.getvalue(), FINE)

    assert difference(decode(conversion.data), pictures[primary]) < 4
    assert len(conversion.receipt.to_json()["notes"]) == 1, "the receipt does not say what was left out"


@every_format
def test_place_and_camera_are_gone(image_format: str) -> None:
    source = heif(image_format, photo(), exif=exif({CAMERA: "SECRET"}, gps="SECRET"), xmp=b"<x>SECRET</x>")
    assert b"SECRET" in source

    assert b"SECRET" not in convert(source, FINE).data
