import io
import struct

import numpy as np
import pytest
from files import png as png_files
from files import webp as webp_files
from files.colour_profiles import rgb_profile
from files.exif import CAMERA, exif
from files.gif import GifFrame, gif
from files.jpeg_variants import behind_start, segment
from imagejobs.conversion.engine import convert
from imagejobs.conversion.magick.readable_formats import readable_formats
from imagejobs.conversion.options import Options
from measures.colour_science import DISPLAY_P3, SRGB, RgbSpace
from measures.decoded_pictures import decode, difference, encode, photo
from PIL import Image

SECRET = b"SECRET"
THUMBNAIL = encode(np.full((8, 8, 3), 99, np.uint8), "JPEG", comment="SECRET thumbnail")
EXIF = exif({CAMERA: "SECRET camera"}, gps="SECRET place", thumbnail=THUMBNAIL)
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>SECRET</x:xmpmeta>"
KEPT_CHUNKS = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF"}
"""The chunks that a viewer needs to show a WebP; an output may have no others."""


def jpeg_with_everything() -> bytes:
    segments = [
        segment(0xE1, EXIF),
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP),
        segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x06SECRET"),
        segment(0xEB, b"JP" + SECRET),
        segment(0xFE, SECRET),
    ]
    whole = encode(photo(), "JPEG", icc_profile=rgb_profile(SRGB))
    return behind_start(whole, b"".join(segments)) + b"SECRET behind the picture"


def png_with_everything() -> bytes:
    chunks = [
        (b"eXIf", EXIF[6:]),
        (b"tEXt", b"Comment\0SECRET"),
        (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP),
        (b"tIME", bytes([7, 230, 1, 2, 3, 4, 5])),
        (b"prVt", SECRET),
    ]
    return png_files.png(photo(), 8, png_files.RGB, chunks=chunks)


def gif_with_everything() -> bytes:
    comment = b"\x21\xfe\x06SECRET\0"
    application = b"\x21\xff\x0bXMP DataXMP\x06SECRET\0"
    whole = gif(20, 20, [GifFrame(0, 0, 20, 20, 1)], [(9, 9, 9), (200, 10, 10)])
    return whole[:19] + comment + application + whole[19:] + SECRET


def webp_with_everything() -> bytes:
    return encode(photo(), "WEBP", exif=EXIF, xmp=XMP, icc_profile=rgb_profile(SRGB))


def animated_webp_with_everything() -> bytes:
    further = webp_files.riff_chunk(b"EXIF", EXIF[6:]) + webp_files.riff_chunk(b"XMP ", XMP)
    parts = [webp_files.Part(0, 0, 40, 40, colour) for colour in [(200, 9, 9, 255), (9, 200, 9, 255)]]
    return webp_files.animated_webp(40, 40, parts, further=further)


FILES = {
    "jpeg": jpeg_with_everything,
    "png": png_with_everything,
    "gif": gif_with_everything,
    "webp": webp_with_everything,
    "animated webp": animated_webp_with_everything,
}
if "tiff" in {each.name for each in readable_formats()}:
    FILES["tiff"] = lambda: encode(photo(), "TIFF", exif=EXIF, description="SECRET", software="SECRET")


def chunks_of(webp: bytes) -> set[bytes]:
    """The types of the top-level chunks."""
    at, found = 12, set()
    while at < len(webp):
        kind, size = struct.unpack_from("<4sI", webp, at)
        found.add(kind)
        at += 8 + size + size % 2
    assert at == len(webp), "there are bytes after the last chunk"
    return found


@pytest.mark.parametrize("kind", FILES)
def test_place_camera_comments_thumbnail_and_xmp_are_gone(kind: str) -> None:
    source = FILES[kind]()
    assert SECRET in source

    result = convert(source, Options()).data

    assert SECRET not in result
    assert chunks_of(result) <= KEPT_CHUNKS
    with Image.open(io.BytesIO(result)) as image:
        assert not {"exif", "xmp", "icc_profile", "comment"} & image.info.keys()


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("space", [SRGB, DISPLAY_P3], ids=lambda space: space.name)
def test_the_profile_is_gone(space: RgbSpace, image_format: str) -> None:
    result = convert(encode(photo(), image_format, icc_profile=rgb_profile(space)), Options()).data

    assert b"ICCP" not in chunks_of(result)
    assert b"acsp" not in result


def test_a_picture_that_cannot_be_made_smaller_is_not_passed_through() -> None:
    """A minimal WebP with a location in its EXIF must be encoded again, although no output can be smaller."""
    source = encode(np.zeros((4, 4, 3), np.uint8), "WEBP", quality=1, exif=exif({}, gps="SECRET"))

    conversion = convert(source, Options())

    assert SECRET not in conversion.data
    assert difference(decode(conversion.data), np.zeros((4, 4, 3))) < 3
