"""Valid JPEGs as cameras, editors and optimisers write them."""

import struct
from typing import Any

import numpy as np
from files.exif import ORIENTATION, exif
from files.ink import Marker, cmyk_jpeg
from measures.decoded_pictures import Variants, encode, photo

_ARITHMETIC = bytes.fromhex(
    "ffd8ffdb0043000d090a0b0a080d0b0a0b0e0e0d0f13201513121213271c1e17202e2931302e292d2c333a4a3e333646372c2d405741464c4e"
    "525352323e5a615a50604a51524fffc9000b080010001801011100ffcc000600101005ffda0008010100003f00ff0041e94411ba00cdc1b9"
    "629e750e8fe0ffd9"
)
"""A grey JPEG of 24 x 16 pixels by `jpegtran -arithmetic`; Pillow can read arithmetic coding but not write it."""
_FOUR_ONE_ONE = bytes.fromhex(
    "ffd8ffdb0043000d090a0b0a080d0b0a0b0e0e0d0f13201513121213271c1e17202e2931302e292d2c333a4a3e333646372c2d405741464c"
    "4e525352323e5a615a50604a51524fffdb0043010e0e0e131113261515264f352d354f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f"
    "4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4fffc00011080012002103014100021101031101ffc400190001000301"
    "010000000000000000000000000102030405ffc4001c1001000202030100000000000000000000000103021211134161ffc4001601010101"
    "00000000000000000000000000050304ffc4001e11000103040300000000000000000000000002041101030512133141ffda000c03010002"
    "110311003f00f370a3e36c6ae3c6915af1892bcbd50599aa6a4ea00ae6179348a78f13d66868bbdbb1480162a981a002371a93a5595646b7"
    "bd8063fc2401e367ffd9"
)
_FOUR_FOUR_ZERO = bytes.fromhex(
    "ffd8ffdb0043000d090a0b0a080d0b0a0b0e0e0d0f13201513121213271c1e17202e2931302e292d2c333a4a3e333646372c2d405741464c"
    "4e525352323e5a615a50604a51524fffdb0043010e0e0e131113261515264f352d354f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f"
    "4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4fffc00011080012002103011200021101031101ffc400190000030101"
    "010000000000000000000000000304020501ffc4001c1001000202030100000000000000000000000103021211134161ffc4001901010002"
    "03000000000000000000000000040305000206ffc4001b11010003010003000000000000000000000001020304111214ffda000c03010002"
    "110311003f00e6e147c74a29e3c5ac5a201a6e8f1ab8f16f5b5b7444154d53456a74174ec88329726313b40b4ebf2652c56a6e883e994fec"
    "a42daee27366405a1d9b3202b9d9803c9d47a189dfffd9"
)
"""JPEGs of 33 x 18 pixels by `cjpeg -sample 4x1` and `-sample 1x2`; Pillow cannot write this subsampling."""


def jpeg(**options: Any) -> bytes:
    """A JPEG of the photograph."""
    return encode(photo(), "JPEG", **{"quality": 90, **options})


def segment(marker: int, data: bytes) -> bytes:
    """A segment with its marker and length."""
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def behind_start(whole: bytes, further: bytes) -> bytes:
    """The JPEG with `further` inserted after SOI."""
    return whole[:2] + further + whole[2:]


def _before_end(whole: bytes, further: bytes) -> bytes:
    return whole[:-2] + further + whole[-2:]


def _thumbnail() -> bytes:
    return encode(photo(16, 12), "JPEG")


def _without_jfif() -> bytes:
    whole = jpeg()
    length = int.from_bytes(whole[4:6], "big")
    return whole[:2] + whole[4 + length :]


def _grey(**options: Any) -> bytes:
    return encode(photo()[..., 0], "JPEG", **options)


JPEGS: Variants = {
    "baseline": jpeg,
    "optimised": lambda: jpeg(optimize=True),
    "progressive": lambda: jpeg(progressive=True),
    "4:4:4": lambda: jpeg(subsampling="4:4:4"),
    "4:2:2": lambda: jpeg(subsampling="4:2:2"),
    "4:2:0": lambda: jpeg(subsampling="4:2:0"),
    "4:1:1": lambda: _FOUR_ONE_ONE,
    "4:4:0": lambda: _FOUR_FOUR_ZERO,
    "RGB without YCC": lambda: jpeg(keep_rgb=True),
    "restart markers": lambda: jpeg(restart_marker_blocks=2),
    "restart markers, progressive": lambda: jpeg(restart_marker_rows=1, progressive=True),
    "quality 1": lambda: jpeg(quality=1),
    "quality 100": lambda: jpeg(quality=100),
    "grey": _grey,
    "grey, progressive": lambda: _grey(progressive=True),
    "CMYK": lambda: cmyk_jpeg(np.dstack([photo(), photo()[..., 0]]), Marker.PLAIN),
    "bytes behind the end": lambda: jpeg() + b"some other data",
    "a second picture behind the end": lambda: jpeg() + _thumbnail(),
    "padding behind the end": lambda: jpeg() + bytes(4096),
    "a segment before the end": lambda: _before_end(jpeg(), segment(0xEB, b"late")),
    "fill bytes before a marker": lambda: behind_start(jpeg(), b"\xff\xff\xff"),
    "fill bytes before the end": lambda: _before_end(jpeg(), b"\xff\xff"),
    "every application segment": lambda: behind_start(jpeg(), b"".join(segment(0xE2 + n, b"app") for n in range(12))),
    "a comment": lambda: behind_start(jpeg(), segment(0xFE, b"a comment \xff\xd9 with markers")),
    "a thumbnail with its own start and end": lambda: jpeg(exif=exif({ORIENTATION: 1}, thumbnail=_thumbnail())),
    "a thumbnail in JFXX": lambda: behind_start(jpeg(), segment(0xE0, b"JFXX\0\x10" + _thumbnail())),
    "damaged EXIF": lambda: behind_start(jpeg(), segment(0xE1, b"Exif\0\0II*\0\xff\xff\xff\xff")),
    "an empty segment": lambda: behind_start(jpeg(), segment(0xE5, b"")),
    "no JFIF segment": _without_jfif,
    "arithmetic coding": lambda: _ARITHMETIC,
    "other bytes before the end": lambda: _before_end(jpeg(), b"junk"),
    "zeros before the end": lambda: _before_end(jpeg(), bytes(20)),
    "two ends": lambda: jpeg() + b"\xff\xd9",
    "progressive without its last scan": lambda: (
        (whole := jpeg(progressive=True))[: whole.rindex(b"\xff\xda")] + b"\xff\xd9"
    ),
}
