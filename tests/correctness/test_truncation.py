"""A truncated file is never converted, wherever it was cut."""

import io
from collections.abc import Callable

import numpy as np
import pillow_heif
import pytest
from files import png as png_files
from files.gif import GifFrame, gif
from files.ink import Marker, cmyk_jpeg
from files.webp import Part, animated_webp
from imagejobs.conversion.engine import convert
from imagejobs.conversion.errors import ConversionError
from imagejobs.conversion.magick.readable_formats import readable_formats
from imagejobs.conversion.options import Options
from measures.decoded_pictures import encode, noise
from PIL import Image

PALETTE = [(0, 0, 0), (230, 40, 40), (40, 200, 60)]
SOFT = np.dstack([noise(80, 60), noise(80, 60)[..., 0]])
SIGNATURE_BYTES = 32
"""Bytes that identify the type; a shorter file has no type."""


def heic() -> bytes:
    buffer = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(noise(80, 60))).save(buffer, quality=80)
    return buffer.getvalue()


FILES: dict[str, tuple[Callable[[], bytes], int]] = {
    "jpeg": (lambda: encode(noise(80, 60), "JPEG"), 3),
    "progressive jpeg": (lambda: encode(noise(80, 60), "JPEG", progressive=True), 3),
    "grey jpeg": (lambda: encode(noise(80, 60)[..., 0], "JPEG", restart_marker_blocks=4), 3),
    "cmyk jpeg": (lambda: cmyk_jpeg(SOFT, Marker.PLAIN), 3),
    "png": (lambda: encode(noise(80, 60), "PNG"), 13),
    "interlaced png": (lambda: png_files.png(SOFT, 8, png_files.RGBA, interlaced=True), 13),
    "gif": (lambda: encode(noise(80, 60), "GIF"), 2),
    "animated gif": (lambda: gif(40, 30, [GifFrame(0, 0, 40, 30, n) for n in range(3)], PALETTE, 0), 2),
    "webp": (lambda: encode(noise(80, 60), "WEBP"), 1),
    "lossless webp": (lambda: encode(noise(80, 60), "WEBP", lossless=True), 1),
    "webp with alpha": (lambda: encode(SOFT, "WEBP"), 1),
    "animated webp": (lambda: animated_webp(40, 30, [Part(0, 0, 40, 30, (9 * n, 9, 9, 255)) for n in range(3)]), 1),
}
"""By kind: the function that writes the file, and the least number of bytes that must be cut off to damage it."""
FURTHER: dict[str, dict[str, tuple[Callable[[], bytes], int]]] = {
    "TIFF": {
        "tiff": (lambda: encode(noise(80, 60), "TIFF"), 1),
        "lzw tiff": (lambda: encode(noise(80, 60), "TIFF", compression="tiff_lzw"), 1),
    },
    "HEIC": {"heic": (heic, 1)},
    "AVIF": {"avif": (lambda: encode(noise(80, 60), "AVIF"), 1)},
}
"""The same for the formats that only some builds of ImageMagick read."""
for _format in readable_formats():
    FILES |= FURTHER.get(_format.name.upper(), {})


def failure(data: bytes) -> ConversionError:
    with pytest.raises(ConversionError) as caught:
        convert(data, Options())
    return caught.value


@pytest.mark.parametrize("kind", FILES)
def test_a_file_cut_anywhere_is_refused(kind: str) -> None:
    make, needed = FILES[kind]
    whole = make()
    convert(whole, Options())

    for length in np.linspace(SIGNATURE_BYTES, len(whole) - needed, 25).astype(int):
        error = failure(whole[:length])
        assert error.code in {"truncated", "corrupt"}, f"{length} of {len(whole)} bytes"
        assert not error.retryable


@pytest.mark.parametrize("kind", FILES)
def test_less_than_a_signature_is_no_image(kind: str) -> None:
    whole = FILES[kind][0]()

    for length in range(12):
        assert failure(whole[:length]).code in {"unsupported_type", "truncated", "corrupt"}


@pytest.mark.parametrize("kind", ["jpeg", "progressive jpeg", "grey jpeg", "cmyk jpeg"])
@pytest.mark.parametrize("part", [0.2, 0.5, 0.8])
def test_an_end_marker_does_not_make_half_a_jpeg_whole(part: float, kind: str) -> None:
    whole = FILES[kind][0]()
    scan = whole.index(b"\xff\xda")
    end = whole.find(b"\xff\xc4", scan)
    end = len(whole) if end < 0 else end  # a progressive picture is cut in its first scan
    cut = scan + int((end - scan) * part)

    assert failure(whole[:cut].rstrip(b"\xff") + b"\xff\xd9").code == "truncated"


@pytest.mark.parametrize("kind", ["jpeg", "png", "interlaced png", "gif", "animated gif"])
def test_zeros_in_the_place_of_the_rest_do_not_make_it_whole(kind: str) -> None:
    """An interrupted download leaves such a file if its space was allocated first. A WebP cannot show this damage."""
    whole = FILES[kind][0]()

    assert failure(whole[: len(whole) // 2].ljust(len(whole), b"\0")).code in {"truncated", "corrupt"}
