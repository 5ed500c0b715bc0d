import io
from collections.abc import Callable

import pytest
from imagejobs.conversion.decoding.decode import STILL_DECODERS, decode
from imagejobs.conversion.decoding.picture import COMPLETIONS
from imagejobs.conversion.errors import ConversionError
from imagejobs.conversion.formats.animation_frame import AnimationFrame
from imagejobs.conversion.formats.probe import probe
from imagejobs.conversion.formats.registry import FORMATS
from imagejobs.conversion.formats.webp.animation import assemble_animation
from imagejobs.conversion.magick.image import MagickImage
from PIL import Image

Save = Callable[..., bytes]


def test_a_jpeg_is_scaled_while_it_is_decoded(photo: Image.Image, save: Save) -> None:
    data = save(photo.resize((800, 400)), "JPEG")

    (frame,) = decode(data, probe(io.BytesIO(data)), (200, 100))

    with frame:
        assert frame.size == (200, 100)


def test_a_decoder_that_gives_an_empty_picture_is_not_believed(
    samples: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MagickImage, "width", 0)

    with pytest.raises(ConversionError, match="no picture"):
        decode(samples["png"], probe(io.BytesIO(samples["png"])), (64, 48))


def test_a_disposed_webp_frame_leaves_a_hole(save: Save) -> None:
    red = save(Image.new("RGBA", (4, 4), (255, 0, 0, 255)), "WEBP", lossless=True)
    blue = save(Image.new("RGBA", (2, 2), (0, 0, 255, 255)), "WEBP", lossless=True)
    parts = [
        AnimationFrame(0, 0, 4, 4, 70, red),
        AnimationFrame(0, 0, 2, 2, 70, blue, dispose=True),
        AnimationFrame(2, 2, 2, 2, 70, blue),
    ]
    data = assemble_animation(4, 4, parts, 0)

    corners = []
    for frame in decode(data, probe(io.BytesIO(data)), (4, 4)):
        pixels = bytes(frame.export_pixels(channel_map="RGBA", storage="char"))
        corners.append([pixels[at : at + 4] for at in (0, 60)])

    red_pixel, blue_pixel, nothing = b"\xff\0\0\xff", b"\0\0\xff\xff", bytes(4)
    assert corners == [[red_pixel, red_pixel], [blue_pixel, red_pixel], [nothing, blue_pixel]]


def test_the_steps_that_need_the_image_library_are_those_of_registered_formats() -> None:
    assert STILL_DECODERS.keys() | COMPLETIONS.keys() <= {each.name for each in FORMATS}
