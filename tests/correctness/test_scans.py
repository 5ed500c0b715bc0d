"""Scans, drawings and screenshots, which may be smaller than any WebP of them.

They stay legible, take bounded effort, and the receipt explains the size.
"""

import io
import random
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from imagejobs.conversion.encoding import encode as encoding
from imagejobs.conversion.encoding import webp
from imagejobs.conversion.encoding.ssim import ssim
from imagejobs.conversion.engine import convert
from imagejobs.conversion.magick.image import MagickImage
from imagejobs.conversion.magick.readable_formats import readable_formats
from imagejobs.conversion.options import Options
from measures.decoded_pictures import Pixels, decode, encode, noise, resized
from PIL import Image, ImageDraw, ImageFont

WORDS = ("the", "quick", "brown", "fox", "jumps", "over", "lazy", "engineers", "measure", "legible", "letters")


def page(width: int, height: int) -> Image.Image:
    """A page of small anti-aliased text."""
    image, chance = Image.new("L", (width, height), 255), random.Random(7)  # noqa: S311 - a drawing
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(height // 60)
    for top in range(height // 16, height - height // 16, height // 40):
        draw.text((width // 16, top), " ".join(chance.choices(WORDS, k=11)), font=font, fill=0)
    return image


def scan(width: int, height: int) -> Image.Image:
    """The page in black and white, slightly rotated, with the ragged edges of a scan."""
    crooked = page(width, height).rotate(0.4, fillcolor=255, resample=Image.Resampling.BICUBIC)
    grain = np.random.default_rng(5).normal(0, 25, (height, width))
    return Image.fromarray(np.asarray(crooked) + grain > 128)


def lines(width: int, height: int) -> Image.Image:
    image, chance = Image.new("L", (width, height), 255), random.Random(2)  # noqa: S311 - a drawing
    draw = ImageDraw.Draw(image)
    for _ in range(70):
        start, end = [(chance.randrange(width), chance.randrange(height)) for _ in range(2)]
        draw.line((start, end), fill=0, width=chance.choice([1, 2]))
    return image


def screenshot(width: int, height: int) -> Image.Image:
    """Text and panels, with a photograph in the corner."""
    image = Image.new("RGB", (width, height), (245, 246, 248))
    image.paste((40, 60, 90), (0, 0, width, height // 20))
    image.paste(page(width // 2, height * 3 // 4).convert("RGB"), (width // 20, height // 10))
    image.paste(Image.fromarray(noise(width // 4, height // 4)), (width * 2 // 3, height // 8))
    return image


def dithered(width: int, height: int) -> Image.Image:
    down, across = np.mgrid[0:height, 0:width]
    return Image.fromarray(np.uint8(128 + 90 * np.sin(across / 90) * np.cos(down / 70))).convert("1")


def squares(width: int, height: int) -> Image.Image:
    """Black and white modules like those of a QR code."""
    modules = np.random.default_rng(3).integers(0, 2, (height // 9, width // 9), np.uint8) * 255
    return Image.fromarray(modules).resize((width, height), Image.Resampling.NEAREST).convert("1")


def blocks(width: int, height: int) -> Image.Image:
    """Pixel art: squares of 12 x 12 pixels in nine colours."""
    chance = np.random.default_rng(4)
    colours = chance.integers(0, 256, (9, 3), np.uint8)[chance.integers(0, 9, (height // 12, width // 12))]
    return Image.fromarray(colours).resize((width, height), Image.Resampling.NEAREST)


def save(image: Image.Image, image_format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, image_format, **options)
    return buffer.getvalue()


def png(image: Image.Image) -> bytes:
    return save(image, "PNG", optimize=True)


SIZE = (500, 700)
SOURCES: dict[str, Callable[[], bytes]] = {
    "a scan as TIFF G4": lambda: save(scan(*SIZE), "TIFF", compression="group4"),
    "a page of grey": lambda: png(page(*SIZE)),
    "a page of 4 colours": lambda: png(page(*SIZE).quantize(4)),
    "a line drawing": lambda: png(lines(*SIZE)),
    "a line drawing of 1 bit": lambda: save(lines(*SIZE).convert("1"), "TIFF", compression="group4"),
    "a screenshot with a photograph": lambda: png(screenshot(*SIZE)),
    "a screenshot with a palette": lambda: png(screenshot(*SIZE).quantize(32, method=2, dither=Image.Dither.NONE)),
    "a small grey screenshot": lambda: png(screenshot(*SIZE).convert("L").resize((300, 240))),
    "a code of squares": lambda: png(squares(*SIZE)),
    "pixel art": lambda: png(blocks(*SIZE)),
}
every_source = pytest.mark.parametrize("make", [*map(cache, SOURCES.values())], ids=SOURCES)
convert_once = cache(convert)
"""`convert` for tests that may share a conversion."""


def shown(source: bytes, size: tuple[int, int]) -> Pixels:
    """The source as Pillow reads and scales it."""
    with Image.open(io.BytesIO(source)) as image:
        picture = np.asarray(image.convert("RGB"))
    return picture if picture.shape[1::-1] == size else resized(picture, *size)


def likeness(webp: bytes, source: bytes) -> float:
    result = decode(webp)[..., :3]
    height, width = result.shape[:2]
    expected = shown(source, (width, height))
    return ssim((expected.tobytes(), width, height), (result.tobytes(), width, height))


def lossy_and_lossless(source: bytes, size: tuple[int, int]) -> list[int]:
    """The sizes in bytes of the same picture as lossy and as lossless WebP by Pillow."""
    image = Image.fromarray(shown(source, size))
    return [len(save(image, "WEBP", method=4, **way)) for way in ({"quality": 80}, {"lossless": True})]


@every_source
@pytest.mark.parametrize("max_side", [700, 420])
def test_a_page_stays_legible_and_takes_no_more_than_the_best_way(max_side: int, make: Callable[[], bytes]) -> None:
    source = make()

    conversion = convert_once(source, Options(max_side=max_side))

    receipt = conversion.receipt
    size = receipt.output.width, receipt.output.height
    assert likeness(conversion.data, source) >= min(
        0.97, likeness(encode(shown(source, size), "WEBP", quality=80), source) - 0.01
    )
    assert len(conversion.data) <= 1.05 * min(lossy_and_lossless(source, size))
    assert receipt.tried[0].bytes == len(conversion.data)


@every_source
def test_what_is_larger_than_the_source_has_the_wanted_quality_and_says_so(make: Callable[[], bytes]) -> None:
    source = make()

    receipt = convert_once(source, Options(max_side=420)).receipt

    is_larger = receipt.output.bytes > len(source)
    assert ("larger than the source, as quality 40 is too" in receipt.reason) == is_larger
    if is_larger:
        assert receipt.quality >= 80 or receipt.encoding == "nearLossless"
        assert all(trial.bytes > len(source) for trial in receipt.tried)
        at_40 = len(
            save(Image.fromarray(shown(source, (receipt.output.width, receipt.output.height))), "WEBP", quality=40)
        )
        assert at_40 > 0.9 * len(source), "a lower quality would have been small enough"


@pytest.mark.parametrize("quality", [45, 75])
@pytest.mark.parametrize("draw", [page, screenshot, lambda *size: Image.fromarray(noise(*size))])
def test_where_a_lower_quality_is_smaller_than_the_source_the_highest_is_taken(
    draw: Callable[..., Image.Image], quality: int
) -> None:
    source = save(draw(*SIZE), "JPEG", quality=quality, optimize=True)

    receipt = convert(source, Options(quality=90)).receipt

    assert receipt.output.bytes <= len(source)
    if receipt.encoding == "lossy" and receipt.quality < 90:
        assert "larger than the source at quality 90, so the quality was lowered" in receipt.reason
        assert receipt.output.bytes > 0.85 * len(source), "a higher quality would have fitted"


@every_source
def test_the_effort_is_bounded(make: Callable[[], bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """The picture is decoded once, and encoded at no more than two lower qualities."""
    source = make()
    readable_formats()  # decodes its samples once a process, which would be counted too
    decoded, sizes = [], []
    read, encode_lossy = MagickImage.read, webp.encode_lossy

    def count_read(self: MagickImage, *arguments: object, **named: Any) -> None:
        decoded.append(1)
        read(self, *arguments, **named)

    def count_encode(image: MagickImage, quality: int, method: int) -> bytes:
        sizes.append(image.size)
        return encode_lossy(image, quality, method)

    monkeypatch.setattr(MagickImage, "read", count_read)
    for module in (webp, encoding):
        monkeypatch.setattr(module, "encode_lossy", count_encode)
    convert(source, Options(max_side=420))

    assert len(decoded) == 1
    assert sizes.count(max(sizes)) <= 3


def test_a_dithered_picture_is_kept_exactly() -> None:
    source = png(dithered(*SIZE))

    conversion = convert(source, Options())

    assert (conversion.receipt.lossless, likeness(conversion.data, source)) == (True, 1)
    assert len(conversion.data) <= len(source)
