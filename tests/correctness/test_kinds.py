import io
import struct

import numpy as np
import pytest
from files import png as png_files
from imagejobs.conversion.engine import convert
from imagejobs.conversion.options import Options
from measures.decoded_pictures import decode, difference, encode, noise, photo
from numpy.typing import NDArray
from PIL import Image

FINE = Options(quality=95)
DEPTHS = {
    png_files.GREY: (1, 2, 4, 8, 16),
    png_files.RGB: (8, 16),
    png_files.PALETTE: (1, 2, 4, 8),
    png_files.GREY_ALPHA: (8, 16),
    png_files.RGBA: (8, 16),
}
"""Every combination that PNG allows (11.2.1)."""
NAMES = {value: name for name, value in vars(png_files).items() if isinstance(value, int)}
KINDS = [(colour_type, depth) for colour_type, depths in DEPTHS.items() for depth in depths]
CHANNELS = {png_files.GREY: 1, png_files.RGB: 3, png_files.PALETTE: 1, png_files.GREY_ALPHA: 2, png_files.RGBA: 4}


def samples_of(colour_type: int, depth: int) -> NDArray[np.int64]:
    """`photo` quantised to this depth; for a palette, its red channel as indices."""
    picture = np.dstack([photo(), np.full((64, 96), 255)])
    channels = {1: picture[..., :1], 2: picture[..., [0, 3]], 3: picture[..., :3], 4: picture}[CHANNELS[colour_type]]
    return np.asarray(np.rint(channels / 255 * (2**depth - 1)), int)


def expected_of(samples: NDArray[np.int64], depth: int) -> NDArray[np.float64]:
    values = samples / (2**depth - 1) * 255
    return np.repeat(values[..., :1], 3, axis=-1) if values.shape[-1] < 3 else values[..., :3]


@pytest.mark.parametrize("interlaced", [False, True], ids=["plain", "interlaced"])
@pytest.mark.parametrize(("colour_type", "depth"), KINDS, ids=[f"{NAMES[kind]}-{depth}" for kind, depth in KINDS])
def test_every_kind_of_png_keeps_its_look(colour_type: int, depth: int, interlaced: bool) -> None:
    samples = samples_of(colour_type, depth)
    steps = np.rint(np.linspace(0, 255, 2**depth)).astype(np.uint8) if depth < 16 else None
    chunks = [(b"PLTE", steps.repeat(3).tobytes())] if colour_type == png_files.PALETTE and steps is not None else []
    source = png_files.png(samples, depth, colour_type, chunks=chunks, interlaced=interlaced)

    result = decode(convert(source, FINE).data)

    assert difference(result, expected_of(samples, depth)) < 2
    assert (result[..., 3] == 255).all()
    if colour_type in {png_files.GREY, png_files.GREY_ALPHA}:
        assert np.ptp(result[..., :3].astype(int), axis=-1).max() <= 1


def test_sixteen_bits_are_rounded_not_cut() -> None:
    """A value just below the next 8-bit step is rounded up; truncation would darken the picture by half a step."""
    samples = np.full((16, 16, 3), 100 * 257 + 200)

    result = decode(convert(png_files.png(samples, 16, png_files.RGB), FINE).data)

    assert result[..., :3].mean() == pytest.approx(101, abs=0.5)


def test_an_interlaced_png_of_any_small_size_is_whole() -> None:
    for width, height in [(1, 1), (1, 9), (9, 1), (3, 5), (4, 2), (8, 8)]:
        samples = np.arange(width * height * 3).reshape(height, width, 3) % 256
        source = png_files.png(samples, 8, png_files.RGB, interlaced=True)

        result = decode(convert(source, FINE).data)

        assert result.shape[:2] == (height, width)


@pytest.mark.parametrize("depth", [2, 4, 8])
def test_colours_that_the_palette_lacks_are_black(depth: int) -> None:
    """libpng and Pillow show such pixels black; they must not get the palette's first colour."""
    colours = np.array([(250, 240, 60), (20, 200, 60), (30, 60, 240)])
    indices = np.arange(64 * 96).reshape(64, 96) // 7 % 4
    source = png_files.png(indices, depth, png_files.PALETTE, chunks=[(b"PLTE", colours.astype(np.uint8).tobytes())])
    expected = np.vstack([colours, [(0, 0, 0)]])[indices]

    assert difference(decode(convert(source, FINE).data), expected) < 1
    with Image.open(io.BytesIO(source)) as seen_by_pillow:
        assert difference(np.asarray(seen_by_pillow.convert("RGB")), expected) == 0


BEHIND = {
    "a wrong checksum of IEND": b"\0\0\0\0IEND" + bytes(4),
    "half an IEND": b"\0\0\0\0IE",
    "an IEND with data": png_files.chunk(b"IEND", b"data"),
    "zeros": bytes(500),
    "a truncated tEXt": png_files.chunk(b"tEXt", b"Comment\0late")[:15],
    "a truncated tEXt of huge length": struct.pack(">I", 2**31 - 1) + b"tEXt",
    "a line break": b"\r\n",
}


@pytest.mark.parametrize("behind", BEHIND.values(), ids=BEHIND)
@pytest.mark.parametrize("interlaced", [False, True], ids=["plain", "interlaced"])
def test_damage_behind_the_picture_of_a_png_is_none_of_the_picture(interlaced: bool, behind: bytes) -> None:
    whole = png_files.png(photo(), 8, png_files.RGB, interlaced=interlaced)

    assert difference(decode(convert(whole[:-12] + behind, FINE).data), photo()) < 2


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("progressive", [False, True], ids=["baseline", "progressive"])
def test_every_common_kind_of_jpeg_keeps_its_look(progressive: bool, subsampling: str) -> None:
    source = encode(photo(), "JPEG", quality=95, progressive=progressive, subsampling=subsampling)

    assert difference(decode(convert(source, FINE).data), photo()) < 3


def test_a_grey_jpeg_stays_grey() -> None:
    grey = noise(96, 64)[..., 0]

    result = decode(convert(encode(grey, "JPEG", quality=95), FINE).data)

    assert np.ptp(result[..., :3].astype(int), axis=-1).max() <= 1
    assert difference(result, np.repeat(grey[..., None], 3, axis=-1)) < 3
