import io
import struct

import numpy as np
import pytest
from files.colour_profiles import rgb_profile
from files.tiff import RGB, Layout, write_tiff
from files.tiff_avif_variants import inks_in_jpeg_tiles, with_further_channels
from imagejobs.conversion.engine import convert
from imagejobs.conversion.errors import ConversionError
from imagejobs.conversion.magick.readable_formats import readable_formats
from imagejobs.conversion.options import Options
from measures.colour_science import ADOBE_RGB, mean_delta_e, to_srgb
from measures.decoded_pictures import GROUNDS, decode, difference, encode, on_ground, photo
from PIL import Image

pytestmark = pytest.mark.skipif(
    "tiff" not in {each.name for each in readable_formats()}, reason="this ImageMagick reads no TIFF"
)
FINE = Options(quality=95)
GREY = np.repeat(photo()[..., :1], 3, axis=-1)


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"])
def test_every_common_compression_is_read(compression: str | None) -> None:
    quality = {"quality": 95} if compression == "jpeg" else {}

    result = decode(convert(encode(photo(), "TIFF", compression=compression, **quality), FINE).data)

    assert difference(result, photo()) < 3


@pytest.mark.parametrize("big", [False, True], ids=["TIFF", "BigTIFF"])
def test_both_sizes_of_tiff_are_read(big: bool) -> None:
    assert difference(decode(convert(encode(photo(), "TIFF", big_tiff=big), FINE).data), photo()) < 2


@pytest.mark.parametrize("order", ["<", ">"], ids=["little-endian", "big-endian"])
@pytest.mark.parametrize("white_is_zero", [False, True], ids=["black is 0", "white is 0"])
def test_grey_in_both_directions_and_byte_orders(white_is_zero: bool, order: str) -> None:
    """The file is written here: one strip of 8-bit samples."""
    stored = 255 - photo()[..., 0] if white_is_zero else photo()[..., 0]
    fields = {256: 96, 257: 64, 258: 8, 259: 1, 262: 0 if white_is_zero else 1, 273: 8, 277: 1, 278: 64, 279: 96 * 64}
    entries = [struct.pack(f"{order}HHIHH", tag, 3, 1, value, 0) for tag, value in fields.items()]
    directory = struct.pack(f"{order}H", len(entries)) + b"".join(entries) + bytes(4)
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, 8 + 96 * 64)

    result = decode(convert(head + stored.tobytes() + directory, FINE).data)

    assert difference(result, GREY) < 2
    assert np.ptp(result[..., :3].astype(int), axis=-1).max() <= 1


def test_sixteen_bits_become_eight() -> None:
    wide = Image.fromarray(photo()[..., 0].astype(np.uint16) * 257)
    buffer = io.BytesIO()
    wide.save(buffer, "TIFF")

    assert difference(decode(convert(buffer.getvalue(), FINE).data), GREY) < 2


def test_inks_become_light() -> None:
    inks = np.dstack([photo(), photo()[..., 0] // 3])
    buffer = io.BytesIO()
    Image.fromarray(inks, "CMYK").save(buffer, "TIFF")
    covered = 1 - inks / 255

    result = decode(convert(buffer.getvalue(), FINE).data)

    assert mean_delta_e(result, covered[..., :3] * covered[..., 3:] * 255) < 1


def test_inks_in_jpeg_tiles_are_named_unsupported() -> None:
    with pytest.raises(ConversionError, match="CMYK colours in JPEG tiles") as caught:
        convert(inks_in_jpeg_tiles(), FINE)

    assert caught.value.code == "unsupported_type"


def test_the_profile_is_converted() -> None:
    source = encode(photo(), "TIFF", icc_profile=rgb_profile(ADOBE_RGB))

    assert mean_delta_e(decode(convert(source, FINE).data), to_srgb(photo(), ADOBE_RGB)) < 1


@pytest.mark.parametrize("associated", [True, False], ids=["premultiplied", "straight"])
@pytest.mark.parametrize("ground", GROUNDS.values(), ids=GROUNDS)
def test_both_kinds_of_alpha_are_understood(ground: tuple[int, int, int], associated: bool) -> None:
    alpha = np.linspace(10, 255, 96).astype(np.uint8)[None].repeat(64, axis=0)
    picture = np.dstack([photo(), alpha])
    stored = picture.copy()
    if associated:
        stored[..., :3] = np.rint(picture[..., :3] * (alpha[..., None] / 255))
    entry = struct.pack("<HHI", 338, 3, 1)
    source = encode(stored, "TIFF").replace(entry + b"\2", entry + (b"\1" if associated else b"\2"))

    result = decode(convert(source, FINE).data)

    assert difference(on_ground(result, ground), on_ground(picture, ground)) < 4


@pytest.mark.parametrize(
    ("colours", "kinds"),
    [("grey", (0,)), ("RGB", (0,)), ("RGB", (0, 0)), ("RGB", (0, 2)), ("CMYK", (0,)), ("CMYK", (0, 0))],
)
def test_a_further_channel_that_is_no_alpha_hides_nothing(colours: str, kinds: tuple[int, ...]) -> None:
    """Photoshop saves selections and spot colours as such channels. Here they are empty."""
    picture = decode(convert(with_further_channels(colours, *kinds), FINE).data)

    assert (picture[..., 3] == 255).all()
    assert difference(picture, luma(photo(200, 140)) if colours == "grey" else photo(200, 140)) < 3


@pytest.mark.parametrize(
    ("colours", "kinds"), [("grey", (2,)), ("RGB", (2,)), ("RGB", (2, 0)), ("RGB", (1, 0)), ("CMYK", (2,))]
)
def test_a_further_channel_that_is_alpha_hides(colours: str, kinds: tuple[int, ...]) -> None:
    assert (decode(convert(with_further_channels(colours, *kinds), FINE).data)[..., 3] == 0).all()


def test_grey_with_several_further_channels_is_named_unsupported() -> None:
    with pytest.raises(ConversionError, match="3 channels, one of them grey") as caught:
        convert(with_further_channels("grey", 0, 0), FINE)

    assert caught.value.code == "unsupported_type"


def luma(pixels: np.ndarray) -> np.ndarray:
    """The luminance as grey, calculated in linear light as libvips does."""
    linear = np.where(pixels > 10, ((pixels / 255 + 0.055) / 1.055) ** 2.4, pixels / 255 / 12.92)
    light = linear @ [[0.2126], [0.7152], [0.0722]]
    grey = np.rint(255 * np.where(light > 0.0031308, 1.055 * light ** (1 / 2.4) - 0.055, 12.92 * light))
    return np.repeat(grey, 3, axis=-1)


def test_the_first_of_several_pages_is_taken() -> None:
    buffer = io.BytesIO()
    pages = [Image.fromarray(each) for each in (photo(), 255 - photo()[:40, :50])]
    pages[0].save(buffer, "TIFF", save_all=True, append_images=pages[1:])

    conversion = convert(buffer.getvalue(), FINE)

    assert difference(decode(conversion.data), photo()) < 2
    assert len(conversion.receipt.to_json()["notes"]) == 1, "the receipt does not say what was left out"


@pytest.mark.parametrize("pointer", [34665, 34853], ids=["EXIF", "GPS"])
@pytest.mark.parametrize("first", [0, 255], ids=["an empty", "a damaged"])
def test_a_directory_beside_the_picture_does_no_harm(first: int, pointer: int) -> None:
    """The pointer leads to byte 8, so the first pixels are read as the directory's number of fields."""
    picture = photo()
    picture[0, 0] = first
    source = write_tiff(picture, Layout(RGB, fields={pointer: (8,)}))
    source = source.replace(
        struct.pack("<HHI", pointer, 3, 1), struct.pack("<HHI", pointer, 4, 1)
    )  # a pointer is a LONG

    assert difference(decode(convert(source, FINE).data), picture) < 3
