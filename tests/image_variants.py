"""Every way of writing a whole file that is to be accepted, of all formats that ImageMagick reads here."""

from collections.abc import Callable, Iterator, Mapping

from decoded_pictures import Variants
from gif_webp_variants import GIFS, WEBPS
from imagejobs.conversion.magick.readable_formats import readable_formats
from jpeg_variants import JPEGS
from png_variants import PNGS
from tiff_avif_variants import AVIFS, TIFFS

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
