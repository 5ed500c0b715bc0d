import io
from collections.abc import Callable
from typing import Any

import pytest
from imagejobs.conversion.magick.library import apply_limits
from imagejobs.conversion.options import Options
from PIL import Image, ImageFilter

Save = Callable[..., bytes]


@pytest.fixture(autouse=True)
def usual_limits() -> None:
    """Reset ImageMagick's limits, which apply to the whole process and which an earlier test may have lowered."""
    apply_limits(Options())


@pytest.fixture
def save() -> Save:
    """A function that encodes a Pillow image: save(image, "PNG", **options)."""

    def encode(image: Image.Image, image_format: str, **options: Any) -> bytes:
        buffer = io.BytesIO()
        image.save(buffer, image_format, **options)
        return buffer.getvalue()

    return encode


@pytest.fixture
def photo() -> Image.Image:
    """A small picture without symmetry, smooth enough to survive lossy coding."""
    across, down = Image.linear_gradient("L").rotate(90), Image.linear_gradient("L")
    blob = Image.radial_gradient("L").filter(ImageFilter.GaussianBlur(4))
    return Image.merge("RGB", (across, down, blob)).resize((120, 80))


@pytest.fixture
def frames() -> list[Image.Image]:
    """Four transparent frames across which a block moves."""
    pictures = [Image.new("RGBA", (64, 48)) for _ in range(4)]
    for index, picture in enumerate(pictures):
        picture.paste((255, 60 * index, 0, 255), (index * 13, 9, index * 13 + 11, 31))
    return pictures


@pytest.fixture
def samples(save: Save, photo: Image.Image, frames: list[Image.Image]) -> dict[str, bytes]:
    """One valid file of each kind."""
    animated = {"save_all": True, "append_images": frames[1:], "duration": 70, "loop": 0}
    return {
        "jpeg": save(photo, "JPEG"),
        "progressive jpeg": save(photo, "JPEG", progressive=True),
        "png": save(photo, "PNG"),
        "gif": save(photo.quantize(), "GIF"),
        "animated gif": save(frames[0], "GIF", disposal=2, **animated),
        "webp": save(photo, "WEBP"),
        "lossless webp": save(photo, "WEBP", lossless=True),
        "animated webp": save(frames[0], "WEBP", **animated),
    }
