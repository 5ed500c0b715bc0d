"""Small undamaged files of every format: the variants of the correctness tests, and files with more features."""

import io
import re
import struct
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pillow_heif
from files import apng as apng_files
from files import png as png_files
from files import tiff
from files import webp as webp_files
from files.colour_profiles import ink_profile, rgb_profile
from files.exif import ARTIST, CAMERA, COPYRIGHT, ORIENTATION, exif
from files.gif import BACKGROUND, PREVIOUS, GifFrame, gif
from files.gif_webp_variants import GIFS, WEBPS
from files.ink import Marker, cmyk_jpeg
from files.jpeg_variants import JPEGS, jpeg
from files.png_variants import PNGS
from files.tiff_avif_variants import AVIFS, TIFFS
from fuzz.field_kinds import FIELD_KINDS
from measures.colour_science import DISPLAY_P3
from measures.decoded_pictures import Variants, encode, photo
from PIL import Image

_EXIF = exif({ORIENTATION: 6, ARTIST: "An artist", COPYRIGHT: "Somebody", CAMERA: "A camera"}, gps="N")

_DATES = re.compile(rb"((?:mvhd|tkhd|mdhd)\x01.{3}).{16}", re.DOTALL)
"""The dates in an AVIF sequence (ISO/IEC 14496-12, 8.2.2). They are set to zero, so that a seed always gives the same
files.
"""


@dataclass(frozen=True, slots=True)
class Seed:
    """An undamaged file that can be converted; `format` is the decoder's name."""

    format: str
    name: str
    data: bytes


@cache
def corpus(formats: tuple[str, ...]) -> tuple[Seed, ...]:
    """All seeds of these formats, always in the same order."""
    return tuple(_seeds(formats))


def _seeds(formats: Collection[str]) -> Iterator[Seed]:
    for each in (each for each in _VARIANTS if each in formats):
        for name, make in {**_VARIANTS[each], **_FURTHER.get(each, {}), **FIELD_KINDS.get(each, {})}.items():
            yield Seed(each, name, _DATES.sub(rb"\1" + bytes(16), make()))


def _soft() -> Image.Image:
    """A picture with gradual alpha."""
    return Image.fromarray(np.dstack([photo(), photo()[..., 0]]))


def _saved(image: Image.Image, image_format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, image_format, **options)
    return buffer.getvalue()


def _heic(*images: Image.Image, **options: Any) -> bytes:
    buffer = io.BytesIO()
    file = pillow_heif.from_pillow(images[0])
    for further in images[1:]:
        file.add_from_pillow(further)
    file.save(buffer, **{"quality": 60, **options})
    return buffer.getvalue()


def _credited_png() -> bytes:
    chunks = [(b"iCCP", b"P3\0\0" + zlib.compress(rgb_profile(DISPLAY_P3))), (b"eXIf", _EXIF[6:])]
    return png_files.png(photo(), 8, png_files.RGB, chunks=chunks)


def _palette_png() -> bytes:
    chunks = [(b"PLTE", bytes(range(48))), (b"tRNS", bytes(range(0, 160, 10)))]
    return png_files.png(photo()[..., 0] // 16, 4, png_files.PALETTE, chunks=chunks)


def _moving_gif() -> bytes:
    frames = [
        GifFrame(0, 0, 40, 30, 0),
        GifFrame(5, 5, 20, 12, 1, BACKGROUND, transparent=1),
        GifFrame(8, 2, 16, 20, 2, PREVIOUS, interlaced=True),
        GifFrame(0, 10, 40, 4, 3, palette=[(9, 9, 9), (200, 0, 0), (0, 200, 0), (0, 0, 200)]),
    ]
    return gif(40, 30, frames, [(0, 0, 0), (230, 40, 40), (40, 200, 60), (50, 80, 230)], loop=2)


def _moving_png() -> bytes:
    frames = [
        apng_files.block(0, 0, 40, 30, (200, 9, 9, 255)),
        apng_files.block(5, 5, 20, 12, (9, 200, 9, 90), disposal=apng_files.PREVIOUS, blend=apng_files.OVER),
        apng_files.block(8, 2, 16, 20, (9, 9, 200, 128), disposal=apng_files.BACKGROUND),
    ]
    chunks = [(b"gAMA", struct.pack(">I", 45455))]
    return apng_files.apng(40, 30, frames, still=np.zeros((30, 40, 4)), chunks=chunks, part_bytes=40)


def _moving_webp() -> bytes:
    parts = [
        webp_files.Part(0, 0, 40, 30, (200, 9, 9, 255)),
        webp_files.Part(4, 6, 20, 10, (9, 200, 9, 90), dispose=True),
        webp_files.Part(10, 2, 8, 22, (9, 9, 200, 128), blend=False),
    ]
    return webp_files.animated_webp(40, 30, parts, 3, webp_files.riff_chunk(b"EXIF", _EXIF[6:]))


def _moving_lossy_webp() -> bytes:
    return _saved(_soft(), "WEBP", save_all=True, append_images=[_soft().rotate(180)], duration=40, quality=50)


def _layout(channels: int, photometric: int, *, bits: int = 8, **stored: Any) -> bytes:
    """A TIFF of 48 x 40 pixels."""
    samples = np.dstack([photo(48, 40), photo(48, 40)[..., :1]])[..., :channels].astype(np.int64)
    return tiff.write_tiff(samples * ((1 << bits) - 1) // 255, tiff.Layout(photometric, bits, **stored))


_VIDEO = ((16, 1), (235, 1), (128, 1), (240, 1), (128, 1), (240, 1))
_REC_709 = ((2126, 10000), (7152, 10000), (722, 10000))
_JPEGS: Variants = {
    "EXIF and a profile": lambda: jpeg(exif=_EXIF, icc_profile=rgb_profile(DISPLAY_P3)),
    "CMYK with a profile": lambda: cmyk_jpeg(
        np.dstack([photo(), photo()[..., 0]]), Marker.PLAIN, ink_profile(lambda inks: inks[..., :3])
    ),
}
_PNGS: Variants = {
    "EXIF and a profile": _credited_png,
    "a palette with alpha": _palette_png,
    "16 bits, interlaced, alpha": lambda: png_files.png(
        np.dstack([photo(40, 30), photo(40, 30)[..., 0]]).astype(int) * 257, 16, png_files.RGBA, interlaced=True
    ),
    "animated, with disposal": _moving_png,
    "grey with a transparent colour": lambda: png_files.png(
        photo()[..., 0], 8, png_files.GREY, chunks=[(b"tRNS", struct.pack(">H", 90))]
    ),
}
_WEBPS: Variants = {
    "EXIF and a profile": lambda: _saved(_soft(), "WEBP", exif=_EXIF, icc_profile=rgb_profile(DISPLAY_P3)),
    "animated, with disposal": _moving_webp,
    "animated, lossy": _moving_lossy_webp,
}
_HEICS: Variants = {
    "4:2:0": lambda: _heic(Image.fromarray(photo())),
    "4:4:4": lambda: _heic(Image.fromarray(photo()), chroma=444),
    "grey": lambda: _heic(Image.fromarray(photo()[..., 0])),
    "alpha": lambda: _heic(_soft()),
    "turned, with EXIF and a profile": lambda: _heic(
        Image.fromarray(photo()), exif=_EXIF, icc_profile=rgb_profile(DISPLAY_P3)
    ),
    "two pictures": lambda: _heic(Image.fromarray(photo()), Image.fromarray(255 - photo())),
    "odd sides": lambda: _heic(Image.fromarray(photo(101, 67))),
}
_AVIFS: Variants = {
    "alpha": lambda: _saved(_soft(), "AVIF"),
    "turned, with EXIF and a profile": lambda: encode(photo(), "AVIF", exif=_EXIF, icc_profile=rgb_profile(DISPLAY_P3)),
    "two pictures": lambda: _saved(_soft(), "AVIF", save_all=True, append_images=[_soft().rotate(180)]),
}
_TIFFS: Variants = {
    "credits and a profile": lambda: encode(
        photo(), "TIFF", tiffinfo={315: "An artist", 33432: "Somebody", 274: 6}, icc_profile=rgb_profile(DISPLAY_P3)
    ),
    "two pages": lambda: _saved(_soft(), "TIFF", save_all=True, append_images=[_soft().rotate(180)]),
    "a palette": lambda: _saved(Image.fromarray(photo()).quantize(16), "TIFF"),
    "subsampled chroma, PackBits": lambda: _layout(3, tiff.YCBCR, rows=8, chroma=(2, 2), compression=tiff.PACKBITS),
    "subsampled chroma, tiles": lambda: _layout(3, tiff.YCBCR, tile=(16, 32), chroma=(4, 2), compression=tiff.ZIP),
    "chroma in the range of video": lambda: _layout(3, tiff.YCBCR, fields={530: (1, 1), 532: _VIDEO, 529: _REC_709}),
    "white is 0, 4 bits": lambda: _layout(1, tiff.WHITE_IS_ZERO, bits=4, rows=8, compression=tiff.LZW),
    "separate planes and alpha, 16 bits": lambda: _layout(
        4, tiff.RGB, bits=16, planes=tiff.SEPARATE, compression=tiff.ZIP, predictor=2, order=">", fields={338: (1,)}
    ),
    "a palette and alpha": lambda: _layout(2, tiff.PALETTE, fields={320: tuple(range(0, 65536, 257)) * 3}),
    "a thumbnail first": lambda: _layout(3, tiff.RGB, fields={254: (1,)}),
}
_VARIANTS: Mapping[str, Variants] = {
    "jpeg": JPEGS,
    "png": PNGS,
    "gif": GIFS,
    "webp": WEBPS,
    "heic": _HEICS,
    "avif": AVIFS,
    "tiff": TIFFS,
}
_FURTHER: Mapping[str, Variants] = {
    "jpeg": _JPEGS,
    "png": _PNGS,
    "gif": {"animated, with disposal": _moving_gif},
    "webp": _WEBPS,
    "avif": _AVIFS,
    "tiff": _TIFFS,
}
