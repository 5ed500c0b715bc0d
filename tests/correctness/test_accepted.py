"""Every file that both Pillow and libvips decode completely is accepted and looks the same."""

import io
from collections.abc import Callable

import numpy as np
import pytest
import pyvips
from files.variants import every_variant
from imagejobs.conversion.engine import convert
from imagejobs.conversion.options import Options
from measures.decoded_pictures import decode_frames, difference, on_ground
from PIL import Image

VARIANTS = dict(every_variant())


def pillow_decodes(source: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(source)) as image:
        image.load()
        return np.asarray(image.convert("RGBA"))


def libvips_size(source: bytes) -> tuple[int, int]:
    """Width and height by libvips, which decodes every frame and raises an error at any damage."""
    is_animation = source.startswith((b"GIF8", b"RIFF"))
    image = pyvips.Image.new_from_buffer(source, "n=-1" if is_animation else "", fail_on="warning")
    image.copy_memory()
    return image.width, image.get_page_height()


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data:UserWarning")  # one file has such EXIF
@pytest.mark.parametrize("make", VARIANTS.values(), ids=VARIANTS)
def test_what_both_decoders_read_is_accepted_and_looks_the_same(make: Callable[[], bytes]) -> None:
    source = make()
    expected = pillow_decodes(source)
    assert libvips_size(source) == expected.shape[1::-1]

    result, _ = decode_frames(convert(source, Options(quality=95)).data)[0]

    assert difference(on_ground(result, (0, 0, 0)), on_ground(expected, (0, 0, 0))) < 4
