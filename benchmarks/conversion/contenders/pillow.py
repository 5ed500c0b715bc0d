"""Pillow as its documentation recommends it for thumbnails."""

import io

from PIL import Image, ImageOps, ImageSequence

from benchmarks.conversion.contenders import MAX_SIDE, METHOD, QUALITY, Contender, Prepared

_BOX = (MAX_SIDE, MAX_SIDE)
_WEBP = {"quality": QUALITY, "method": METHOD}


class Pillow(Prepared):
    """thumbnail() lets libjpeg decode at no less than twice the target size (`reducing_gap`), and turns the result."""

    def convert(self, source: bytes) -> bytes:
        """Convert a still or an animation."""
        out = io.BytesIO()
        with Image.open(io.BytesIO(source)) as image:
            if getattr(image, "is_animated", False):
                frames = [_small(frame.convert("RGBA")) for frame in ImageSequence.Iterator(image)]
                delay = image.info["duration"]
                frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:], duration=delay, loop=0, **_WEBP)
            else:
                _small(image).save(out, "WEBP", exif=b"", icc_profile=b"", **_WEBP)
        return out.getvalue()


def _small(image: Image.Image) -> Image.Image:
    image.thumbnail(_BOX, Image.Resampling.LANCZOS)
    ImageOps.exif_transpose(image, in_place=True)
    return image


def contender() -> Contender:
    """Pillow is always available: the test images are made with it."""
    Image.MAX_IMAGE_PIXELS = None
    return Pillow()
