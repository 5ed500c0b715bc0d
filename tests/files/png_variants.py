"""Valid PNGs as editors and optimisers write them."""

import io
import struct
from typing import Any

import numpy as np
from files import png as png_files
from measures.decoded_pictures import Variants, encode, photo
from PIL import Image


def _png(samples: np.ndarray, depth: int, colour_type: int, **options: Any) -> bytes:
    return png_files.png(samples, depth, colour_type, **options)


def _rgb_png(*chunks: png_files.Chunk) -> bytes:
    return _png(photo(), 8, png_files.RGB, chunks=chunks)


def _split_png() -> bytes:
    """A PNG whose pixels are in IDAT chunks of 100 bytes, after an empty one."""
    whole = _rgb_png()
    at = whole.index(b"IDAT")
    size = int.from_bytes(whole[at - 4 : at], "big")
    data = whole[at + 4 : at + 4 + size]
    parts = [b"", *(data[start : start + 100] for start in range(0, size, 100))]
    return whole[: at - 4] + b"".join(png_files.chunk(b"IDAT", part) for part in parts) + whole[at + 8 + size :]


def _text_behind_pixels() -> bytes:
    whole = _rgb_png()
    return whole[:-12] + png_files.chunk(b"tEXt", b"Comment\0late") + whole[-12:]


def _animated_png() -> bytes:
    buffer = io.BytesIO()
    first = Image.fromarray(photo())
    first.save(buffer, "PNG", save_all=True, append_images=[Image.fromarray(255 - photo())], duration=50)
    return buffer.getvalue()


PNGS: Variants = {
    "RGB": _rgb_png,
    "optimised": lambda: encode(photo(), "PNG", optimize=True),
    "1 bit": lambda: _png(photo()[..., 0] // 128, 1, png_files.GREY),
    "palette of 4 bits, interlaced": lambda: _png(
        photo()[..., 0] // 16, 4, png_files.PALETTE, chunks=[(b"PLTE", bytes(range(48)))], interlaced=True
    ),
    "16 bits": lambda: _png(photo().astype(int) * 257, 16, png_files.RGB),
    "an unknown ancillary chunk": lambda: _rgb_png((b"prVt", b"anything")),
    "sRGB, gamma and density": lambda: _rgb_png(
        (b"gAMA", struct.pack(">I", 45455)), (b"sRGB", b"\0"), (b"pHYs", struct.pack(">IIB", 2835, 2835, 1))
    ),
    "a suggested palette": lambda: _rgb_png((b"PLTE", bytes(range(30)))),
    "a background colour": lambda: _rgb_png((b"bKGD", struct.pack(">3H", 255, 0, 0))),
    "significant bits": lambda: _rgb_png((b"sBIT", b"\x08\x08\x08")),
    "a last-modified time": lambda: _rgb_png((b"tIME", bytes([7, 230, 1, 2, 3, 4, 5]))),
    "many IDAT chunks, one empty": _split_png,
    "text behind the pixels": _text_behind_pixels,
    "bytes behind the end": lambda: _rgb_png() + b"some other data",
    "animated": _animated_png,
    "a damaged profile": lambda: _rgb_png((b"iCCP", b"name\0\0damaged")),
    "damaged compressed text": lambda: _rgb_png((b"zTXt", b"name\0\0damaged")),
    "more rows than announced": lambda: png_files.header(96, 50, 8, png_files.RGB) + _rgb_png()[33:],
    "transparency before the palette": lambda: _png(
        photo()[..., 0] // 128, 1, png_files.PALETTE, chunks=[(b"tRNS", b"\x40"), (b"PLTE", bytes(range(6)))]
    ),
    "colours beyond the palette": lambda: _png(
        photo()[..., 0] // 16, 4, png_files.PALETTE, chunks=[(b"PLTE", bytes(range(9)))]
    ),
    "no end chunk": lambda: _rgb_png()[:-12],
}
