"""Valid GIFs and WebPs as editors and optimisers write them."""

import struct
from typing import Any

import numpy as np
from files import webp as webp_files
from files.gif import GifFrame, Palette, gif
from measures.decoded_pictures import Variants, encode, photo

_PALETTE: Palette = [(0, 0, 0), (230, 40, 40), (40, 200, 60), (50, 80, 230)]
_INDICES = bytes((x // 5 + y // 3) % 4 for y in range(40) for x in range(50))


def _still_gif(**frame: Any) -> bytes:
    return gif(50, 40, [GifFrame(0, 0, 50, 40, 0, indices=_INDICES, **frame)], _PALETTE)


GIFS: Variants = {
    "still": _still_gif,
    "interlaced": lambda: _still_gif(interlaced=True),
    "of 1987": lambda: b"GIF87a" + (whole := _still_gif())[6:25] + whole[33:],
    "its own palette": lambda: _still_gif(palette=_PALETTE),
    "no trailer": lambda: _still_gif()[:-1],
    "bytes behind the trailer": lambda: _still_gif() + b"some other data",
    "a comment and plain text": lambda: _still_gif()[:-1] + b"\x21\xfe\x05hello\0\x21\x01\x0c" + bytes(12) + b"\0\x3b",
    "written by Pillow": lambda: encode(photo(), "GIF"),
    "a larger screen": lambda: _still_gif()[:6] + struct.pack("<HH", 80, 90) + _still_gif()[10:],
    "a smaller screen": lambda: _still_gif()[:6] + struct.pack("<HH", 20, 20) + _still_gif()[10:],
    "a screen of no size": lambda: _still_gif()[:6] + bytes(4) + _still_gif()[10:],
    "more pixels than announced": lambda: gif(50, 40, [GifFrame(0, 0, 50, 40, 0, indices=_INDICES * 2)], _PALETTE),
    "colours beyond the palette": lambda: gif(50, 40, [GifFrame(0, 0, 50, 40, 5)], _PALETTE),
    "no palette": lambda: _still_gif()[:10] + bytes(3) + _still_gif()[25:],
    "other bytes for the trailer": lambda: _still_gif()[:-1] + b"junk",
}


def _webp_with_unknown_chunk() -> bytes:
    still = encode(photo(), "WEBP")
    header = webp_files.extended_header(96, 64, 0)
    return webp_files.riff(
        header, webp_files.riff_chunk(b"junk", b"odd"), still[12:], webp_files.riff_chunk(b"more", b"")
    )


def _animated_webp() -> bytes:
    parts = [webp_files.Part(0, 0, 40, 30, colour) for colour in [(200, 9, 9, 255), (9, 200, 9, 90)]]
    return webp_files.animated_webp(40, 30, parts)


WEBPS: Variants = {
    "lossy": lambda: encode(photo(), "WEBP"),
    "lossless": lambda: encode(photo(), "WEBP", lossless=True),
    "lossy with alpha": lambda: encode(np.dstack([photo(), photo()[..., 0]]), "WEBP"),
    "lossless with alpha": lambda: encode(np.dstack([photo(), photo()[..., 0]]), "WEBP", lossless=True),
    "extended with unknown chunks": _webp_with_unknown_chunk,
    "animated": _animated_webp,
    "bytes behind the end": lambda: encode(photo(), "WEBP") + b"some other data",
    "announced alpha that is not there": lambda: webp_files.riff(
        webp_files.extended_header(96, 64, 0x10), encode(photo(), "WEBP")[12:]
    ),
    "announced EXIF that is not there": lambda: webp_files.riff(
        webp_files.extended_header(96, 64, 0x08), encode(photo(), "WEBP")[12:]
    ),
}
