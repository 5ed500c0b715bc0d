"""Wand as its documentation shows it, on the same ImageMagick as this engine."""

from wand.image import Image

from benchmarks.conversion.contenders import MAX_SIDE, METHOD, QUALITY, Contender, Prepared


class PlainWand(Prepared):
    """Reads the whole image, then resizes it."""

    def convert(self, source: bytes) -> bytes:
        """Compose the frames of an animation on its canvas, then resize them."""
        with Image(blob=source) as image:
            if image.iterator_length() > 1:
                image.coalesce()
            else:
                image.auto_orient()
            scale = min(1, MAX_SIDE / max(image.size))
            if scale < 1:
                image.resize(round(image.width * scale), round(image.height * scale), filter="lanczos")
            image.strip()
            image.options["webp:method"] = str(METHOD)
            image.compression_quality = QUALITY
            return bytes(image.make_blob("webp"))


def contender() -> Contender:
    """Wand is always available."""
    return PlainWand()
