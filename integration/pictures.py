"""Images to upload, and the images that a public address serves."""

import io
from typing import Any

import httpx2
from PIL import Image


def jpeg(width: int = 640, height: int = 480, seed: int = 0) -> bytes:
    """A noisy photograph about as large as a real one; each seed gives a different one."""
    out = io.BytesIO()
    noise = Image.effect_noise((width // 4, height // 4), 50 + seed).resize((width, height))
    noise.convert("RGB").save(out, "JPEG", quality=90)
    return out.getvalue()


def encoded(picture: Image.Image, format_name: str, **options: Any) -> bytes:
    """The image encoded in this format."""
    out = io.BytesIO()
    picture.save(out, format_name, **options)
    return out.getvalue()


def served(url: str) -> Image.Image:
    """Download and decode the WebP at a public address, and check the headers of an immutable object."""
    answer = httpx2.get(url, timeout=20)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/webp"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    picture = Image.open(io.BytesIO(answer.content))
    assert picture.format == "WEBP"
    picture.load()
    return picture
