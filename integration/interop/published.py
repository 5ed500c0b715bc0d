"""What a public address serves."""

import io

import httpx2
from PIL import Image


def served_size(url: str) -> tuple[int, int]:
    """The width and height of the WebP at this address."""
    answer = httpx2.get(url, timeout=20)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
    with Image.open(io.BytesIO(answer.content)) as picture:
        assert picture.format == "WEBP"
        picture.load()
        return picture.size
