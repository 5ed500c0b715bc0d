"""Every way of writing a whole file that is to be accepted, of all formats that ImageMagick reads here."""

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
    """All of them with a name that says the format too."""
    readable = {each.name for each in readable_formats()}
    for image_format, variants in _VARIANTS.items():
        for name, make in variants.items() if image_format in readable else ():
            yield f"{image_format}, {name}", make
