import io

import pytest
from files import webp as webp_files
from files.exif import ARTIST, CAMERA, COPYRIGHT, ORIENTATION, exif
from imagejobs.conversion.engine import convert
from imagejobs.conversion.magick.readable_formats import readable_formats
from imagejobs.conversion.options import Options
from measures.decoded_pictures import decode, encode, frame_count, photo
from PIL import Image

HOLDER, AUTHOR = "(c) 2026 Ada Example, all rights reserved", "Ada Example"
CARRIERS = ["JPEG", "PNG", "WEBP"] + ["TIFF"] * ("tiff" in {each.name for each in readable_formats()})
every_carrier = pytest.mark.parametrize("image_format", CARRIERS)


def fields_of(data: bytes) -> dict[int, str]:
    """All EXIF fields, including those of the GPS and EXIF directories."""
    with Image.open(io.BytesIO(data)) as image:
        found = image.getexif()
        return {**found, **{tag: value for each in (0x8825, 0x8769) for tag, value in found.get_ifd(each).items()}}


@every_carrier
@pytest.mark.parametrize(
    "fields",
    [{COPYRIGHT: HOLDER, ARTIST: AUTHOR}, {COPYRIGHT: HOLDER}, {ARTIST: AUTHOR}, {ARTIST: "Ann"}],
    ids=["both", "copyright", "artist", "short"],
)
def test_copyright_and_artist_are_kept_and_nothing_else(fields: dict[int, str], image_format: str) -> None:
    source = encode(photo(), image_format, exif=exif(fields | {CAMERA: "SECRET"}, gps="SECRET place"))

    result = convert(source, Options()).data

    assert fields_of(result) == fields
    assert b"SECRET" not in result


@pytest.mark.parametrize("order", ["<", ">"], ids=["little-endian", "big-endian"])
def test_both_byte_orders_are_read(order: str) -> None:
    source = encode(photo(), "JPEG", exif=exif({COPYRIGHT: HOLDER, ARTIST: AUTHOR}, order=order))

    assert fields_of(convert(source, Options()).data) == {COPYRIGHT: HOLDER, ARTIST: AUTHOR}


@every_carrier
def test_a_turned_picture_keeps_its_copyright_and_is_not_turned_again(image_format: str) -> None:
    source = encode(photo(), image_format, exif=exif({COPYRIGHT: HOLDER, ORIENTATION: 6}))

    result = convert(source, Options()).data

    assert decode(result).shape[:2] == (96, 64)
    assert fields_of(result).get(ORIENTATION, 1) == 1
    assert fields_of(result)[COPYRIGHT] == HOLDER


def test_letters_beyond_ascii_are_kept_as_they_are() -> None:
    name = "© 2026 Zoë Müller, 写真"
    source = encode(photo(), "JPEG", exif=exif({COPYRIGHT: name}))

    assert name.encode() in convert(source, Options()).data


def test_an_animation_keeps_its_copyright() -> None:
    further = webp_files.riff_chunk(b"EXIF", exif({COPYRIGHT: HOLDER})[6:])
    parts = [webp_files.Part(0, 0, 40, 40, colour) for colour in [(200, 9, 9, 255), (9, 200, 9, 255)]]

    result = convert(webp_files.animated_webp(40, 40, parts, further=further), Options()).data

    assert fields_of(result) == {COPYRIGHT: HOLDER}
    with Image.open(io.BytesIO(result)) as image:
        assert frame_count(image) == 2


@pytest.mark.parametrize("alpha", [False, True], ids=["opaque", "alpha"])
def test_the_extended_header_says_what_follows(alpha: bool) -> None:
    """VP8X must announce EXIF and alpha, or strict readers skip them (RFC 9649, 2.7)."""
    pixels = photo() if not alpha else decode(convert(encode(photo(), "PNG"), Options()).data).copy()
    if alpha:
        pixels[:32, :, 3] = 90
    result = convert(encode(pixels, "PNG", exif=exif({COPYRIGHT: HOLDER})), Options()).data

    assert result[12:16] == b"VP8X"
    assert result[20] == 0x08 | 0x10 * alpha


def test_empty_names_are_not_kept() -> None:
    result = convert(encode(photo(), "JPEG", exif=exif({COPYRIGHT: "", ARTIST: "   "})), Options()).data

    assert not fields_of(result)
