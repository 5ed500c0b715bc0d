"""Undamaged files of kinds that users sent and that earlier versions read wrong, as further seeds."""

import io
import struct
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pillow_heif
import pyvips
from files import png as png_files
from files.apng import BACKGROUND, OVER, PREVIOUS, ApngFrame, apng
from files.colour_profiles import rgb_profile
from files.exif import ORIENTATION, exif
from files.jpeg_variants import behind_start, jpeg, segment
from files.tiff import LZW, PACKBITS, SEPARATE, WHITE_IS_ZERO, YCBCR, ZIP, Layout, write_tiff
from fuzz.heif_kinds import heif_kinds
from measures.colour_science import DISPLAY_P3
from measures.decoded_pictures import Variants, encode, photo
from PIL import Image

_TRAILER = b"\0\0\1\x0a\x0e\0\0\0Image_UTC_Data" + b"1700000000000" + b"SEFHk\0\0\0\1\0\0\0SEFT"
"""Data in the form that Samsung's cameras write after a picture."""
_SRGB_IN_CICP, _P3_IN_CICP, _PQ_IN_CICP, _HLG_IN_CICP = ((1, 13, 0, 1), (12, 13, 0, 1), (9, 16, 0, 1), (9, 18, 0, 1))
"""Primaries, transfer function, matrix and range (ITU-T H.273)."""


def _in_chunks(profile: bytes, order: tuple[int, ...]) -> bytes:
    """A profile split into `len(order)` JPEG segments, which are written in this order (ICC.1:2022, B.4)."""
    size = -(-len(profile) // len(order))
    parts = {number: profile[(number - 1) * size : number * size] for number in sorted(order)}
    head = b"ICC_PROFILE\0"
    return b"".join(segment(0xE2, head + bytes([number, len(order)]) + parts[number]) for number in order)


def _long_orientation(order: str) -> bytes:
    """EXIF whose orientation is a LONG."""
    mark = b"II" if order == "<" else b"MM"
    return b"Exif\0\0" + mark + struct.pack(f"{order}HIHHHIII", 42, 8, 1, ORIENTATION, 4, 1, 6, 0)


_JPEGS: Variants = {
    "no end, a camera's data behind": lambda: jpeg()[:-2] + _TRAILER,
    "no end, a camera's data behind, progressive": lambda: jpeg(progressive=True)[:-2] + _TRAILER,
    "no end, restart markers, some bytes behind": lambda: jpeg(restart_marker_blocks=2)[:-2] + b"\0\1\2\3\4\5\6\7",
    "no end, grey": lambda: encode(photo()[..., 0], "JPEG")[:-2] + _TRAILER,
    "other bytes between segments": lambda: behind_start(jpeg(), segment(0xE3, b"app") + bytes(18)),
    "a profile in parts out of order": lambda: behind_start(jpeg(), _in_chunks(rgb_profile(DISPLAY_P3), (2, 1, 3))),
    "orientation as a LONG": lambda: jpeg(exif=_long_orientation("<")),
    "orientation as a LONG, big-endian": lambda: jpeg(exif=_long_orientation(">")),
}


def _png(colour: int, depth: int, *chunks: png_files.Chunk) -> bytes:
    samples = photo(40, 30) if colour == png_files.RGB else photo(40, 30)[..., 0]
    return png_files.png(samples >> (8 - depth), depth, colour, chunks=chunks)


def _moving_png(colour: int, depth: int, **options: Any) -> bytes:
    """An animated PNG with every disposal and blending, and with frames smaller than the canvas."""
    whole = photo(40, 30) if colour == png_files.RGB else np.dstack([photo(40, 30), photo(40, 30)[..., 0]])
    frames = [
        ApngFrame(0, 0, whole),
        ApngFrame(5, 3, whole[4:20, 6:30], disposal=BACKGROUND, blend=OVER),
        ApngFrame(9, 8, whole[:12, :20], delay=(3, 0), disposal=PREVIOUS),
        ApngFrame(2, 1, whole[:8, :8], delay=(0, 100), blend=OVER),
    ]
    deep = [replace(each, samples=each.samples.astype(int) * 257) for each in frames] if depth == 16 else frames
    return apng(40, 30, deep, bit_depth=depth, colour_type=colour, **options)


def _xcode_png() -> bytes:
    whole = _png(png_files.RGB, 8)
    return whole[:8] + png_files.chunk(b"CgBI", b"\x50\0\x20\2") + whole[8:]


_CHROMATICITIES = struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
_PNGS: Variants = {
    "a clear colour with higher bits": lambda: _png(png_files.GREY, 2, (b"tRNS", b"\0\xff")),
    "cICP of Display P3": lambda: _png(png_files.RGB, 8, (b"cICP", bytes(_P3_IN_CICP))),
    "cICP of sRGB before a profile": lambda: _png(
        png_files.RGB, 8, (b"cICP", bytes(_SRGB_IN_CICP)), (b"gAMA", struct.pack(">I", 45455))
    ),
    "cICP of PQ": lambda: _png(png_files.RGB, 8, (b"cICP", bytes(_PQ_IN_CICP))),
    "cICP of HLG": lambda: _png(png_files.RGB, 8, (b"cICP", bytes(_HLG_IN_CICP))),
    "gAMA and cHRM": lambda: _png(png_files.RGB, 8, (b"gAMA", struct.pack(">I", 55000)), (b"cHRM", _CHROMATICITIES)),
    "sRGB and gAMA": lambda: _png(png_files.GREY, 8, (b"sRGB", b"\0"), (b"gAMA", struct.pack(">I", 45455))),
    "Xcode's": _xcode_png,
    "animated": lambda: _moving_png(png_files.RGBA, 8, part_bytes=200, plays=3),
    "animated, with a still of its own": lambda: _moving_png(png_files.RGB, 8, still=photo(40, 30)),
    "animated, 16 bits, interlaced, of Display P3": lambda: _moving_png(
        png_files.RGBA, 16, interlaced=True, chunks=[(b"cICP", bytes(_P3_IN_CICP))]
    ),
}


def _heif(image: Image.Image, **options: Any) -> bytes:
    buffer = io.BytesIO()
    pillow_heif.from_pillow(image).save(buffer, **{"quality": 60, **options})
    return buffer.getvalue()


def _deep(compression: str, depth: int) -> bytes:
    image = pyvips.Image.new_from_array(photo().astype(np.uint16) * 257).copy(interpretation="rgb16")
    return bytes(image.heifsave_buffer(compression=compression, bitdepth=depth, Q=60))


def _soft() -> Image.Image:
    return Image.fromarray(np.dstack([photo(), photo()[..., 0]]))


_HEICS: Variants = {
    "alpha, turned": lambda: _heif(_soft(), exif=exif({ORIENTATION: 6})),
    "colours of PQ": (
        lambda: _heif(Image.fromarray(photo()), color_primaries=9, transfer_characteristics=16, matrix_coefficients=9)
    ),
    "colours of HLG": (
        lambda: _heif(Image.fromarray(photo()), color_primaries=9, transfer_characteristics=18, matrix_coefficients=9)
    ),
}
_AVIFS: Variants = {
    "alpha, turned": lambda: encode(np.asarray(_soft()), "AVIF", exif=exif({ORIENTATION: 6})),
    "alpha, premultiplied": lambda: encode(np.asarray(_soft()), "AVIF", alpha_premultiplied=True),
    "12 bits, 4:4:4": lambda: _deep("av1", 12),
    "10 bits": lambda: _deep("av1", 10),
}


def _ycbcr_tiff(**options: Any) -> bytes:
    ycbcr = np.asarray(Image.fromarray(photo(40, 30)).convert("YCbCr"))
    return write_tiff(ycbcr, Layout(YCBCR, **options))


def _grey_tiff(bits: int, **options: Any) -> bytes:
    return write_tiff(photo(40, 30)[..., :1] >> (8 - bits), Layout(WHITE_IS_ZERO, bits, **options))


_RANGE = {532: ((16, 1), (235, 1), (128, 1), (240, 1), (128, 1), (240, 1))}
"""ReferenceBlackWhite of the limited range (TIFF 6.0, section 20)."""
_TIFFS: Variants = {
    "YCbCr 4:2:0, packbits": lambda: _ycbcr_tiff(chroma=(2, 2), rows=8, compression=PACKBITS),
    "YCbCr 4:2:2, deflate, big-endian": lambda: _ycbcr_tiff(chroma=(2, 1), compression=ZIP, order=">"),
    "YCbCr 4:1:1, LZW": lambda: _ycbcr_tiff(chroma=(4, 1), rows=16, compression=LZW),
    "YCbCr 4:2:0, tiles": lambda: _ycbcr_tiff(chroma=(2, 2), tile=(16, 16), compression=ZIP),
    "YCbCr 4:2:0, planes": lambda: _ycbcr_tiff(chroma=(2, 2), planes=SEPARATE, rows=16),
    "YCbCr 4:4:4 of limited range": lambda: _ycbcr_tiff(fields=_RANGE),
    "YCbCr, subsampling left out": lambda: _ycbcr_tiff(chroma=(2, 2), without=(530,)),
    "grey of 2 bits, white is 0": lambda: _grey_tiff(2),
    "grey of 4 bits, white is 0, tiles": lambda: _grey_tiff(4, tile=(16, 16), compression=PACKBITS),
    "grey of 4 bits, white is 0, bits reversed": lambda: _grey_tiff(4, fill_order=2, big=True),
    "grey, white is 0, turned": lambda: _grey_tiff(8, fields={274: (6,)}),
}
FIELD_KINDS: Mapping[str, Variants] = {
    "jpeg": _JPEGS,
    "png": _PNGS,
    "heic": {**_HEICS, **heif_kinds("HEIC")},
    "avif": {**_AVIFS, **heif_kinds("AVIF")},
    "tiff": _TIFFS,
}
"""By the decoder's name."""
