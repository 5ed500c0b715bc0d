import io
from collections.abc import Callable

import pytest
from imagejobs.conversion.errors import ConversionError
from imagejobs.conversion.formats.animation_frame import AnimationFrame
from imagejobs.conversion.formats.webp.animation import assemble_animation, split_webp
from imagejobs.conversion.formats.webp.container import find_chunk
from measures.decoded_pictures import frame_count
from PIL import Image


@pytest.fixture
def red(save: Callable[..., bytes]) -> bytes:
    return save(Image.new("RGBA", (10, 6), (255, 0, 0, 128)), "WEBP", lossless=True)


def test_what_is_assembled_is_taken_apart_again(red: bytes) -> None:
    frames = [
        AnimationFrame(0, 0, 10, 6, 70, red),
        AnimationFrame(4, 2, 10, 6, 0xFFFFFF, red, blend=True, dispose=True),
    ]

    parts = list(split_webp(assemble_animation(20, 10, frames, 3)))

    assert [(p.x, p.y, p.width, p.height, p.duration_ms, p.blend, p.dispose) for p in parts] == [
        (0, 0, 10, 6, 70, False, False),
        (4, 2, 10, 6, 0xFFFFFF, True, True),
    ]
    with Image.open(io.BytesIO(parts[0].still)) as still:
        assert still.convert("RGBA").getpixel((0, 0)) == (255, 0, 0, 128)


def test_libwebp_shows_it(red: bytes) -> None:
    data = assemble_animation(20, 10, [AnimationFrame(0, 0, 10, 6, 70, red), AnimationFrame(4, 2, 10, 6, 30, red)], 3)

    with Image.open(io.BytesIO(data)) as animation:
        assert (animation.size, frame_count(animation), animation.info["loop"]) == ((20, 10), 2, 3)
        animation.seek(1)
        assert animation.convert("RGBA").getpixel((19, 9)) == (0, 0, 0, 0)
        assert animation.convert("RGBA").getpixel((5, 3)) == (255, 0, 0, 128)


def test_a_frame_without_room_for_its_header_is_corrupt(red: bytes) -> None:
    whole = assemble_animation(20, 10, [AnimationFrame(0, 0, 10, 6, 70, red)], 0)
    at = whole.index(b"ANMF")

    with pytest.raises(ConversionError, match="too short"):
        list(split_webp(whole[:at] + b"ANMF\x04\0\0\0" + bytes(4)))


def test_the_profile_is_found(save: Callable[..., bytes]) -> None:
    image = Image.new("RGB", (4, 4))

    assert find_chunk(save(image, "WEBP", icc_profile=b"profile"), b"ICCP") == b"profile"
    assert find_chunk(save(image, "WEBP"), b"ICCP") is None


def test_what_lies_behind_the_declared_length_is_no_frame(red: bytes) -> None:
    frame = AnimationFrame(0, 0, 10, 6, 70, red)
    whole = assemble_animation(20, 10, [frame, frame], 0)
    once_more = whole[whole.rindex(b"ANMF") :]

    assert len(list(split_webp(whole + once_more))) == 2
