"""A photograph-like JPEG of a given size, with the same bytes every time."""

import io
import random

from PIL import Image, ImageFilter


def photograph(width: int, height: int, seed: int = 1) -> bytes:
    """Smooth shapes, fine texture and noise, about as hard to compress as a photograph."""
    random.seed(seed)
    small = Image.new("RGB", (96, 60))
    small.putdata([(random.randrange(256), random.randrange(200), random.randrange(160)) for _ in range(96 * 60)])
    picture = small.filter(ImageFilter.GaussianBlur(3)).resize((width, height), Image.Resampling.BICUBIC)
    texture = Image.effect_noise((width // 2, height // 2), 40).resize((width, height), Image.Resampling.BICUBIC)
    picture = Image.blend(picture, Image.merge("RGB", (texture, texture, texture)), 0.12)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=88)
    return out.getvalue()
