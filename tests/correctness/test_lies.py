"""Files whose headers, sizes or types are false."""

import struct
from typing import Any

import numpy as np
import pytest
from files import png as png_files
from files import webp as webp_files
from files.gif import GifFrame, gif
from imagejobs.conversion.engine import convert
from imagejobs.conversion.errors import ConversionError
from imagejobs.conversion.options import Options
from measures.decoded_pictures import decode, encode, noise, photo

RED, BLUE = (200, 9, 9, 255), (9, 9, 200, 255)
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><rect width='9' height='9'/></svg>"
FOREIGN = {
    "nothing": b"",
    "text": b"hello",
    "svg": SVG,
    "svg with a declaration": b"<?xml version='1.0'?>" + SVG,
    "mvg": b"push graphic-context\nviewbox 0 0 9 9\npop graphic-context",
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n",
    "pdf": b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF",
    "html": b"<!doctype html><img src=x>",
    "bmp": encode(photo(), "BMP"),
    "ppm": encode(photo(), "PPM"),
    "ico": encode(photo(32, 32), "ICO"),
    "a sound": b"RIFF\x24\0\0\0WAVEfmt " + bytes(24),
    "zip": b"PK\x03\x04" + bytes(60),
    "text with a picture's name": b"jpeg:/etc/passwd",
    "a picture behind a space": b" " + encode(photo(), "PNG"),
}
DRAWINGS_IN_DISGUISE = {
    "jpeg": b"\xff\xd8\xff\xe0" + SVG,
    "jpeg with a comment": b"\xff\xd8\xff\xfe" + struct.pack(">H", len(SVG) + 2) + SVG + b"\xff\xd9",
    "png": png_files.SIGNATURE + SVG,
    "gif": b"GIF89a" + SVG,
    "webp": b"RIFF" + struct.pack("<I", len(SVG) + 8) + b"WEBPVP8 " + SVG,
    "a jpeg as png": png_files.SIGNATURE + encode(photo(), "JPEG"),
}


def failure(data: bytes) -> ConversionError:
    with pytest.raises(ConversionError) as caught:
        convert(data, Options())
    assert not caught.value.retryable
    return caught.value


def png_of_size(width: int, height: int) -> bytes:
    """A PNG whose header says this size and whose pixels are 96 x 64."""
    whole = png_files.png(noise(96, 64), 8, png_files.RGB)
    return png_files.header(width, height, 8, png_files.RGB) + whole[33:]


def jpeg_of_size(width: int, height: int, **options: Any) -> bytes:
    whole = encode(noise(96, 64), "JPEG", **options)
    frame = whole.index(b"\xff\xc2" if options.get("progressive") else b"\xff\xc0")
    return whole[: frame + 5] + struct.pack(">HH", height, width) + whole[frame + 9 :]


def webp_of_size(width: int, height: int) -> bytes:
    return webp_files.riff(webp_files.extended_header(width, height, 0), encode(noise(96, 64), "WEBP")[12:])


def animation() -> bytes:
    return webp_files.animated_webp(40, 30, [webp_files.Part(0, 0, 40, 30, colour) for colour in (RED, BLUE)])


@pytest.mark.parametrize("size", [(96, 65), (96, 200), (97, 64), (200, 64), (95, 64), (40, 64)])
def test_a_png_whose_pixels_do_not_fill_its_size_is_corrupt(size: tuple[int, int]) -> None:
    # ImageMagick 7 says that rows are missing; ImageMagick 6 gives no reason.
    assert failure(png_of_size(*size)).code in {"corrupt", "truncated"}


@pytest.mark.parametrize("progressive", [False, True], ids=["baseline", "progressive"])
@pytest.mark.parametrize("size", [(96, 128), (192, 64), (500, 500)])
def test_a_jpeg_whose_pixels_do_not_fill_its_size_is_refused(size: tuple[int, int], progressive: bool) -> None:
    assert failure(jpeg_of_size(*size, progressive=progressive)).code in {"truncated", "corrupt"}


@pytest.mark.parametrize("size", [(97, 64), (96, 65), (200, 200), (95, 64), (50, 30)])
def test_a_webp_with_two_sizes_is_corrupt(size: tuple[int, int]) -> None:
    assert failure(webp_of_size(*size)).code == "corrupt"


@pytest.mark.parametrize("place", [(0, 0, 42, 30), (2, 0, 40, 30), (0, 2, 40, 30), (400, 400, 4, 4)])
def test_a_webp_frame_outside_of_its_canvas_is_corrupt(place: tuple[int, int, int, int]) -> None:
    parts = [webp_files.Part(0, 0, 40, 30, RED), webp_files.Part(*place, BLUE)]

    assert failure(webp_files.animated_webp(40, 30, parts)).code == "corrupt"


@pytest.mark.parametrize("size", [0, 8, 9])
def test_a_webp_whose_header_is_too_short_is_corrupt(size: int) -> None:
    whole = animation()

    assert failure(whole[:16] + struct.pack("<I", size) + whole[20:]).code == "corrupt"


@pytest.mark.parametrize("size", [11, 12, 13, 30])
@pytest.mark.parametrize("is_padded", [True, False])
def test_a_webp_whose_header_is_too_long_is_corrupt(size: int, is_padded: bool) -> None:
    """Readers disagree about where the next chunk begins."""
    whole = animation()
    added = bytes(size + (size % 2 if is_padded else 0) - 10)
    source = whole[:16] + struct.pack("<I", size) + whole[20:30] + added + whole[30:]
    announced = struct.pack("<I", len(source) - 8)

    assert failure(source[:4] + announced + source[8:]).code == "corrupt"


def test_a_gif_frame_that_lacks_pixels_is_refused() -> None:
    short = GifFrame(0, 0, 40, 30, 1, indices=bytes(600))

    assert failure(gif(40, 30, [short], [(0, 0, 0), (9, 9, 9)])).code in {"truncated", "corrupt"}


@pytest.mark.parametrize(
    "source",
    [
        png_of_size(60_000, 60_000),
        png_of_size(16_000, 16_000),
        jpeg_of_size(65_500, 65_500),
        jpeg_of_size(16_000, 16_000),
        webp_of_size(16_384, 16_384),
        webp_of_size(16_000, 16_000),
        gif(65_535, 65_535, [GifFrame(0, 0, 4, 4, 1)], [(0, 0, 0), (9, 9, 9)]),
        gif(16_000, 16_000, [GifFrame(0, 0, 4, 4, 1)], [(0, 0, 0), (9, 9, 9)]),
    ],
    ids=["png side", "png area", "jpeg side", "jpeg area", "webp side", "webp area", "gif side", "gif area"],
)
def test_a_small_file_that_claims_to_be_huge_is_refused_by_its_header(source: bytes) -> None:
    assert len(source) < 50_000
    assert failure(source).code == "too_many_pixels"


@pytest.mark.parametrize("source", [jpeg_of_size(0, 64), png_of_size(0, 64), png_of_size(96, 0), png_of_size(2**31, 1)])
def test_a_picture_of_no_size_is_corrupt(source: bytes) -> None:
    assert failure(source).code == "corrupt"


@pytest.mark.parametrize("source", FOREIGN.values(), ids=FOREIGN)
def test_what_is_no_accepted_image_is_refused(source: bytes) -> None:
    assert failure(source).code == "unsupported_type"


@pytest.mark.parametrize("source", DRAWINGS_IN_DISGUISE.values(), ids=DRAWINGS_IN_DISGUISE)
def test_what_only_begins_like_an_image_is_refused(source: bytes) -> None:
    assert failure(source).code in {"corrupt", "truncated"}


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "GIF", "WEBP"])
def test_the_type_is_told_by_the_bytes(image_format: str) -> None:
    """The engine gets no file name and no declared type, so only the bytes can decide."""
    conversion = convert(encode(photo(), image_format), Options())

    assert conversion.receipt.to_json()["source"]["mimetype"] == f"image/{image_format.lower()}"
    assert decode(conversion.data).shape[:2] == (64, 96)


def test_a_damaged_checksum_is_corrupt() -> None:
    whole = bytearray(encode(noise(96, 64), "PNG"))
    whole[whole.index(b"IDAT") + 100] ^= 0x40

    assert failure(bytes(whole)).code == "corrupt"


def test_damage_within_a_jpeg_is_not_painted_grey() -> None:
    """One byte in forty is changed: libjpeg cannot follow the data and would fill the rest with grey."""
    whole = np.frombuffer(encode(noise(96, 64), "JPEG", quality=90), np.uint8).copy()
    scan = bytes(whole).index(b"\xff\xda") + 14
    whole[scan + 40 : -2 : 40] ^= 0x55

    assert failure(whole.tobytes()).code in {"truncated", "corrupt"}


@pytest.mark.parametrize(
    ("depth", "colour_type"),
    [(0, 0), (3, 0), (32, 0), (4, 2), (16, 3), (30, 3), (255, 3), (4, 4), (1, 6), (8, 1), (8, 5), (8, 7), (8, 255)],
)
def test_a_png_of_an_impossible_bit_depth_is_corrupt(depth: int, colour_type: int) -> None:
    """The header alone decides, before any palette is extended to 2^depth entries: 30 bits would take 3 GB."""
    whole = png_files.png(noise(96, 64), 8, png_files.RGB, chunks=[(b"PLTE", bytes(range(30)))])

    error = failure(png_files.header(96, 64, depth, colour_type) + whole[33:])

    assert error.code == "corrupt"
    assert f"colour type {colour_type} with samples of {depth} bits" in error.message


def test_a_png_of_xcode_is_refused_by_its_name() -> None:
    """Xcode's PNGs hold premultiplied BGRA in raw deflate, which no standard decoder reads."""
    whole = encode(photo(), "PNG")
    head, rest = whole[:8], whole[8:]

    error = failure(head + png_files.chunk(b"CgBI", b"\x50\0\x20\x02") + rest)

    assert error.code == "unsupported_type"
    assert "CgBI" in error.message
    assert "Xcode" in error.message
