"""libvips through pyvips, with the operation that libvips offers for thumbnails."""

from importlib import import_module
from typing import Any

from benchmarks.conversion.contenders import MAX_SIDE, METHOD, QUALITY, Contender, Missing, Prepared


class Vips(Prepared):
    """thumbnail_buffer reads, shrinks while loading, turns, and converts the colours."""

    def __init__(self, image: Any) -> None:
        self.image = image

    def convert(self, source: bytes) -> bytes:
        """Convert every frame of a GIF; a still has one frame."""
        pages = "[n=-1]" if source.startswith(b"GIF") else ""
        image = self.image.thumbnail_buffer(source, MAX_SIDE, height=MAX_SIDE, size="down", option_string=pages)
        return bytes(image.webpsave_buffer(Q=QUALITY, effort=METHOD, keep="none"))


def contender() -> Contender:
    """Disables the operation cache, which would answer the second conversion of a file. Raises Missing."""
    try:
        pyvips = import_module("pyvips")
    except (ImportError, OSError) as error:
        raise Missing("pyvips is not installed: pip install pyvips pyvips-binary") from error
    pyvips.cache_set_max(0)
    return Vips(pyvips.Image)
