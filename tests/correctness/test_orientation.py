import io
import struct
from collections.abc import Callable

import numpy as np
import pytest
from files.exif import FRACTIONS, NUMBERS, ORIENTATION, exif, orientation_of_type
from files.jpeg_variants import segment
from files.orientations import UPRIGHT
from files.tiff_avif_variants import TURNED_TIFFS
from imagejobs.conversion.engine import Conversion, convert
from imagejobs.conversion.magick.readable_formats import readable_formats
from imagejobs.conversion.options import Options
from measures.decoded_pictures import Pixels, decode, difference, encode, on_ground, photo, resized
from PIL import Image, ImageOps

CARRIERS = {"JPEG", "PNG", "WEBP"} | {"TIFF"} & {each.name.upper() for each in readable_formats()}
"""The formats that can hold an orientation and that this ImageMagick reads."""
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

    assert_upright(conversion, np.asarray(on_ground(expected, (0, 0, 0)), np.uint8))
    assert conversion.receipt.orientation == orientation


@every_orientation
@pytest.mark.parametrize("order", ["<", ">"], ids=["little-endian", "big-endian"])
def test_both_byte_orders_of_exif_are_understood(order: str, orientation: int) -> None:
    source = encode(photo(), "JPEG", quality=95, exif=exif({ORIENTATION: orientation}, order=order))

    assert_upright(convert(source, Options(quality=95)), UPRIGHT[orientation](photo()))


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("order", ["<", ">"], ids=["little-endian", "big-endian"])
@pytest.mark.parametrize("kind", NUMBERS | FRACTIONS)
@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
def test_an_orientation_of_any_type_of_number_turns(image_format: str, kind: str, order: str, count: int) -> None:
    """The standard asks for a SHORT. libvips accepts all of these types too, and Pillow all but BYTE."""
    block = orientation_of_type(*(NUMBERS | FRACTIONS)[kind], 6, count, order)
    source = encode(photo(), image_format, quality=95, exif=block)

    conversion = convert(source, Options(quality=95))

    assert_upright(conversion, UPRIGHT[6](photo()))


@pytest.mark.skipif("TIFF" not in CARRIERS, reason="this ImageMagick reads no TIFF")
@pytest.mark.parametrize("order", ["<", ">"], ids=["little-endian", "big-endian"])
@pytest.mark.parametrize("kind", NUMBERS)
def test_the_tag_of_a_tiff_may_be_of_any_type_of_whole_number(kind: str, order: str) -> None:
    number, letter = NUMBERS[kind]
    stored = photo()
    sizes = [(256, 96), (257, 64), (262, 2), (277, 3), (278, 64), (279, stored.nbytes)]
    fields = [(tag, 4, struct.pack(f"{order}I", value)) for tag, value in sizes]
    end = 8 + 2 + 12 * 9 + 4
    fields += [(273, 4, struct.pack(f"{order}I", end + 6)), (258, 3, struct.pack(f"{order}I", end))]
    fields += [(ORIENTATION, number, struct.pack(order + letter, 6).ljust(4, b"\0"))]
    table = b"".join(
        struct.pack(f"{order}HHI", tag, kind, 3 if tag == 258 else 1) + value for tag, kind, value in sorted(fields)
    )
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HIH", 42, 8, len(fields))
    source = head + table + bytes(4) + struct.pack(f"{order}3H", 8, 8, 8) + stored.tobytes()

    assert_upright(convert(source, Options(quality=95)), UPRIGHT[6](stored))


SLOPPY = {
    "the directory not at 8": lambda block: block[:10] + b"\x10\0\0\0" + bytes(8) + block[14:],
    "no next directory": lambda block: block[:-4],
    "more fields announced than there are": lambda block: block[:14] + b"\x09\0" + block[16:],
    "42 in the other byte order": lambda block: block[:8] + b"\0*" + block[10:],
}
"""Errors in little-endian EXIF (with its identifier) that Pillow and libvips tolerate."""


@pytest.mark.parametrize("image_format", ["JPEG", "WEBP"])
@pytest.mark.parametrize("change", SLOPPY.values(), ids=SLOPPY)
def test_careless_exif_turns_as_elsewhere(change: Callable[[bytes], bytes], image_format: str) -> None:
    source = encode(photo(), image_format, quality=95, exif=change(exif({ORIENTATION: 6})))

    assert_upright(convert(source, Options(quality=95)), UPRIGHT[6](photo()))


NOT_MEANT = {
    "not a TIFF": lambda block: block[:8] + b"+\0" + block[10:],
    "an orientation as text": lambda block: block.replace(b"\x12\x01\x03\0", b"\x12\x01\x02\0"),
    "an orientation with 0 values": lambda block: block.replace(b"\x12\x01\x03\0\x01", b"\x12\x01\x03\0\0"),
    "6.5": lambda _: orientation_of_type(5, "2I", 6, 1, "<").replace(b"\x0c\0\0\0\2", b"\x0d\0\0\0\2"),
    "a denominator of 0": lambda _: orientation_of_type(5, "2I", 6, 1, "<").replace(b"\x0c\0\0\0\2", b"\x0c\0\0\0\0"),
}


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data:UserWarning")
@pytest.mark.parametrize("change", NOT_MEANT.values(), ids=NOT_MEANT)
def test_exif_that_cannot_be_meant_turns_nothing(change: Callable[[bytes], bytes]) -> None:
    block = exif({ORIENTATION: 6})
    assert change(block) != block
    source = encode(photo(), "JPEG", quality=95, exif=change(block))

    assert_upright(convert(source, Options(quality=95)), photo())


def test_the_exif_that_a_webp_does_not_announce_turns_nothing() -> None:
    whole = bytearray(encode(photo(), "WEBP", quality=95, exif=exif({ORIENTATION: 6})))
    assert whole[12:16] == b"VP8X"
    whole[20] &= ~0x08

    assert_upright(convert(bytes(whole), Options(quality=95)), photo())


def test_exif_behind_the_picture_of_a_jpeg_turns_nothing() -> None:
    whole = encode(photo(), "JPEG", quality=95)
    late = segment(0xE1, exif({ORIENTATION: 6}))

    assert_upright(convert(whole[:-2] + late + whole[-2:], Options(quality=95)), photo())


@every_orientation
@pytest.mark.parametrize("width", [300, 640])
def test_the_picture_is_turned_before_it_is_scaled(width: int, orientation: int) -> None:
    """The height is not a multiple of the target's, so turning after scaling would be a pixel off."""
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
