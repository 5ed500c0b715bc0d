"""All valid files that must be accepted, of all formats that this ImageMagick reads."""

from collections.abc import Callable, Iterator, Mapping

from files.gif_webp_variants import GIFS, WEBPS
from files.jpeg_variants import JPEGS
from files.png_variants import PNGS
from files.tiff_avif_variants import AVIFS, TIFFS
from imagejobs.conversion.magick.readable_formats import readable_formats
from measures.decoded_pictures import Variants

_VARIANTS: Mapping[str, Variants] = {
    "jpeg": JPEGS,
    "png": PNGS,
    "gif": GIFS,
    "webp": WEBPS,
    "tiff": TIFFS,
    "avif": AVIFS,
}


def every_variant() -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Yield each file's name, which begins with its format, and the function that writes it."""
    readable = {each.name for each in readable_formats()}
    for image_format, variants in _VARIANTS.items():
        for name, make in variants.items() if image_format in readable else ():
            yield f"{image_format}, {name}", make
