"""Whole files in the many ways in which cameras, editors and optimisers write them: all of these are to be accepted."""

import io
import struct
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import png_files
import webp_files
from decoded_pictures import encode, photo
from exif_files import ORIENTATION, exif
from gif_files import GifFrame, Palette, gif
from ink_files import Marker, cmyk_jpeg
from PIL import Image

_PALETTE: Palette = [(0, 0, 0), (230, 40, 40), (40, 200, 60), (50, 80, 230)]
_INDICES = bytes((x // 5 + y // 3) % 4 for y in range(40) for x in range(50))
_ARITHMETIC = bytes.fromhex(
    "ffd8ffdb0043000d090a0b0a080d0b0a0b0e0e0d0f13201513121213271c1e17202e2931302e292d2c333a4a3e333646372c2d405741464c4e"
    "525352323e5a615a50604a51524fffc9000b080010001801011100ffcc000600101005ffda0008010100003f00ff0041e94411ba00cdc1b9"
    "629e750e8fe0ffd9"
)
"""24 x 16 pixels of grey, as jpegtran -arithmetic codes them: Pillow can read but not write that."""
Variants = Mapping[str, Callable[[], bytes]]


def jpeg(**options: object) -> bytes:
    """A JPEG of the photograph."""
    return encode(photo(), "JPEG", **{"quality": 90, **options})


def segment(marker: int, data: bytes) -> bytes:
    """A segment with its length."""
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def behind_start(whole: bytes, further: bytes) -> bytes:
    """A JPEG with more between SOI and the rest."""
    return whole[:2] + further + whole[2:]


def _before_end(whole: bytes, further: bytes) -> bytes:
    return whole[:-2] + further + whole[-2:]


def _thumbnail() -> bytes:
    return encode(photo(16, 12), "JPEG")


def _without_jfif() -> bytes:
    whole = jpeg()
    length = int.from_bytes(whole[4:6], "big")
    return whole[:2] + whole[4 + length :]


def _still_gif(**frame: object) -> bytes:
    return gif(50, 40, [GifFrame(0, 0, 50, 40, 0, indices=_INDICES, **frame)], _PALETTE)  # type: ignore[arg-type]  # chosen below


def _grey(**options: object) -> bytes:
    return encode(photo()[..., 0], "JPEG", **options)


JPEGS: Variants = {
    "baseline": jpeg,
    "optimised": lambda: jpeg(optimize=True),
    "progressive": lambda: jpeg(progressive=True),
    "4:4:4": lambda: jpeg(subsampling="4:4:4"),
    "4:2:2": lambda: jpeg(subsampling="4:2:2"),
    "4:1:1": lambda: jpeg(subsampling="4:1:1"),
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


def _png(samples: np.ndarray, depth: int, colour_type: int, **options: object) -> bytes:
    return png_files.png(samples, depth, colour_type, **options)  # type: ignore[arg-type]  # chosen below


def _rgb_png(*chunks: png_files.Chunk) -> bytes:
    return _png(photo(), 8, png_files.RGB, chunks=chunks)


def _split_png() -> bytes:
    """The pixels in IDAT chunks of 100 bytes, one of them empty."""
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
VARIANTS: Mapping[str, Variants] = {"jpeg": JPEGS, "png": PNGS, "gif": GIFS, "webp": WEBPS}


def every_variant() -> Iterator[tuple[str, Callable[[], bytes]]]:
    """All of them with a name that says the format too."""
    for image_format, variants in VARIANTS.items():
        for name, make in variants.items():
            yield f"{image_format}, {name}", make
