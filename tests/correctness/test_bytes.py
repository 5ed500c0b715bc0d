import io
from collections.abc import Callable

import numpy as np
import pytest
from files import png as png_files
from files import webp as webp_files
from files.apng import ApngFrame, apng
from files.gif import GifFrame, gif
from imagejobs.conversion.engine import Conversion, convert
from imagejobs.conversion.options import Options
from measures.decoded_pictures import Pixels, decode, decode_frames, difference, encode, noise, photo
from PIL import Image, ImageDraw


def screenshot() -> Pixels:
    """Flat areas, thin lines and text."""
    image = Image.new("RGB", (320, 200), (245, 246, 248))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 320, 24), fill=(40, 60, 90))
    for row in range(6):
        draw.text((12, 36 + 24 * row), f"Line {row}: the quick brown fox jumps over it", fill=(30, 30, 30))
        draw.line((8, 54 + 24 * row, 312, 54 + 24 * row), fill=(200, 205, 210))
    return np.asarray(image)


def drawing() -> Pixels:
    """Large blocks of four colours."""
    indices = np.add.outer(np.arange(120) // 20, np.arange(160) // 16) % 4
    return np.asarray(np.array([(250, 0, 0), (0, 250, 0), (0, 0, 250), (9, 9, 9)], np.uint8)[indices], np.uint8)


def moving_drawing() -> bytes:
    palette = [(0, 0, 0), (230, 40, 40), (40, 200, 60), (250, 250, 250)]
    blocks = [GifFrame(8 * step, 10, 12, 12, 1 + step % 2) for step in range(8)]
    return gif(100, 60, [GifFrame(0, 0, 100, 60, 3), *blocks], palette, 0)


def moving_webp() -> bytes:
    parts = [webp_files.Part(8 * step, 10, 12, 12, (30 * step, 90, 90, 255)) for step in range(8)]
    return webp_files.animated_webp(100, 60, [webp_files.Part(0, 0, 100, 60, (250, 250, 250, 255)), *parts])


SOURCES: dict[str, Callable[[], bytes]] = {
    "a photograph": lambda: encode(noise(240, 160), "JPEG", quality=92),
    "a photograph of ordinary quality": lambda: encode(noise(240, 160), "JPEG", quality=80),
    "a photograph of low quality": lambda: encode(noise(240, 160), "JPEG", quality=40),
    "a small JPEG": lambda: encode(photo(16, 16), "JPEG"),
    "a photograph as PNG": lambda: encode(noise(240, 160), "PNG"),
    "a photograph as GIF": lambda: encode(noise(240, 160), "GIF"),
    "a screenshot": lambda: encode(screenshot(), "PNG", optimize=True),
    "a drawing of four colours": lambda: encode(drawing(), "PNG", optimize=True),
    "one pixel": lambda: encode(np.zeros((1, 1, 3), np.uint8), "PNG"),
    "one pixel of GIF": lambda: gif(1, 1, [GifFrame(0, 0, 1, 1, 1)], [(0, 0, 0), (9, 9, 9)]),
    "a moving drawing": moving_drawing,
    "a moving drawing as WebP": moving_webp,
    "a WebP of the same quality": lambda: encode(noise(240, 160), "WEBP", quality=80, method=4),
    "a WebP of low quality": lambda: encode(noise(240, 160), "WEBP", quality=30),
    "a lossless WebP of a screenshot": lambda: encode(screenshot(), "WEBP", lossless=True),
}


def is_lossless(conversion: Conversion) -> bool:
    return bool(conversion.receipt.to_json()["lossless"])


@pytest.mark.parametrize("make", SOURCES.values(), ids=SOURCES)
def test_the_output_is_not_larger_than_the_source(make: Callable[[], bytes]) -> None:
    source = make()

    conversion = convert(source, Options())

    assert len(conversion.data) <= len(source)
    receipt = conversion.receipt.to_json()
    assert (receipt["source"]["bytes"], receipt["output"]["bytes"]) == (len(source), len(conversion.data))


@pytest.mark.parametrize("draw", [screenshot, drawing])
@pytest.mark.parametrize("image_format", ["PNG", "GIF"])
def test_drawings_and_screenshots_are_kept_exactly(image_format: str, draw: Callable[[], Pixels]) -> None:
    source = encode(draw(), image_format)
    with Image.open(io.BytesIO(source)) as image:
        expected = np.asarray(image.convert("RGB"))

    conversion = convert(source, Options())

    assert is_lossless(conversion)
    assert difference(decode(conversion.data), expected) < 1
    lossy = encode(expected, "WEBP", quality=80, method=4)
    assert len(conversion.data) < len(lossy)


@pytest.mark.parametrize("image_format", ["PNG", "JPEG", "WEBP"])
def test_photographs_are_lossy_whatever_their_type(image_format: str) -> None:
    conversion = convert(encode(noise(240, 160), image_format), Options())

    assert not is_lossless(conversion)
    assert b"VP8 " in conversion.data[:64]


def test_a_scaled_screenshot_is_still_not_larger_than_either_way() -> None:
    conversion = convert(encode(screenshot(), "PNG"), Options(max_side=160))

    scaled = decode(conversion.data)
    ways = [encode(scaled, "WEBP", quality=80), encode(scaled, "WEBP", lossless=True)]
    assert len(conversion.data) <= 1.1 * min(map(len, ways))


def test_more_quality_costs_more_bytes_and_is_nearer() -> None:
    source = encode(screenshot(), "JPEG", quality=97)

    results = [convert(source, Options(quality=quality)).data for quality in (30, 60, 90)]

    assert sorted(results, key=len) == results
    apart = [difference(decode(each), screenshot()) for each in results]
    assert sorted(apart, reverse=True) == apart


def test_every_frame_of_an_animation_is_encoded_as_its_kind_asks_for() -> None:
    """Photographs, drawings, then photographs again: the encoding that won before must not be kept after a change."""
    photographs = [noise(160, 120, seed) for seed in range(12)]
    drawings = [np.roll(drawing(), 7 * step, axis=1) for step in range(9)]
    pictures = [*photographs[:6], *drawings, *photographs[6:]]
    frames = [ApngFrame(0, 0, each) for each in pictures]

    conversion = convert(apng(160, 120, frames, colour_type=png_files.RGB), Options())

    seen = [pixels for pixels, _ in decode_frames(conversion.data)]
    assert len(seen) == len(pictures)
    assert [difference(one, other) == 0 for one, other in zip(seen, pictures, strict=True)] == [
        *[False] * 6,
        *[True] * 9,
        *[False] * 6,
    ]
    alone = sum(len(convert(encode(each, "PNG"), Options()).data) for each in pictures)
    assert len(conversion.data) < 1.02 * alone


def test_a_long_animation_of_one_kind_says_that_not_every_frame_was_tried_in_every_way() -> None:
    drawings = [np.roll(drawing(), 5 * step, axis=1) for step in range(8)]

    receipt = convert(
        apng(160, 120, [ApngFrame(0, 0, each) for each in drawings], colour_type=png_files.RGB), Options()
    )

    assert receipt.receipt.reason == "the smallest of what was tried for some of the frames"
