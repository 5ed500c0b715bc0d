"""Files with a valid structure, so that their upload is accepted, and image data that cannot be decoded."""

import io
import random
import struct
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from PIL import Image

_GIF_TABLE_END = 13 + 3 * 256
_GIF_DESCRIPTOR_AND_CODE_SIZE = 11
_GIF_BLOCK = 256
"""The size of a full data sub-block in bytes: one length byte and 255 bytes of data."""

Make = Callable[[random.Random], bytes]


def cut_jpeg(source: random.Random) -> bytes:
    """A JPEG cut in the middle of its entropy-coded data, with an end marker."""
    whole = _saved(source, "JPEG", quality=95)
    return whole[: len(whole) // 2] + b"\xff\xd9"


def cut_progressive_jpeg(source: random.Random) -> bytes:
    """A progressive JPEG cut after a quarter of its bytes, with an end marker."""
    whole = _saved(source, "JPEG", quality=95, progressive=True)
    return whole[: len(whole) // 4] + b"\xff\xd9"


def broken_png(source: random.Random) -> bytes:
    """A PNG with correct checksums whose pixel data zlib cannot decompress."""
    return _png(b"\x78\x9c" + source.randbytes(500))


def short_png(source: random.Random) -> bytes:
    """A PNG with fewer rows than its header announces."""
    return _png(zlib.compress(b"".join(b"\0" + source.randbytes(3 * 64) for _ in range(20))))


def broken_gif(source: random.Random) -> bytes:
    """A GIF whose LZW data contains undefined codes."""
    whole = bytearray(_saved(source, "GIF"))
    first_block = whole.index(b",", _GIF_TABLE_END) + _GIF_DESCRIPTOR_AND_CODE_SIZE
    for at in range(first_block + _GIF_BLOCK, len(whole) - _GIF_BLOCK, _GIF_BLOCK):
        whole[at + 1 : at + _GIF_BLOCK] = source.randbytes(_GIF_BLOCK - 1)
    return bytes(whole)


def broken_webp(source: random.Random) -> bytes:
    """A WebP with a valid header followed by random bytes."""
    whole = _saved(source, "WEBP", lossless=True)
    return whole[:40] + source.randbytes(len(whole) - 40)


def broken_tiff(source: random.Random) -> bytes:
    """A TIFF whose compressed strips are overwritten with random bytes."""
    whole = _saved(source, "TIFF", compression="tiff_adobe_deflate")
    return whole[:8] + source.randbytes(600) + whole[608:]


BAD: Mapping[str, Make] = {
    "jpg": cut_jpeg,
    "progressive.jpg": cut_progressive_jpeg,
    "png": broken_png,
    "short.png": short_png,
    "gif": broken_gif,
    "webp": broken_webp,
    "tif": broken_tiff,
}
"""A function that makes the file, by the name under which it is uploaded."""


def _picture(source: random.Random) -> Image.Image:
    return Image.frombytes("RGB", (64, 48), source.randbytes(64 * 48 * 3)).resize((256, 192))


def _saved(source: random.Random, image_format: str, **options: Any) -> bytes:
    out = io.BytesIO()
    _picture(source).save(out, image_format, **options)
    return out.getvalue()


def _png(pixels: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", 64, 48, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
