import io
import struct

import numpy as np
import pytest
from files.gif import BACKGROUND, KEEP, PREVIOUS, GifFrame, Palette, compose, gif
from imagejobs.conversion.engine import convert
from imagejobs.conversion.options import Options
from measures.decoded_pictures import (
    Frame,
    assert_plays,
    decode_frames,
    difference,
    resized,
)
from PIL import Image

WIDTH, HEIGHT = 60, 44
PALETTE: Palette = [(0, 0, 0), (230, 40, 40), (40, 200, 60), (50, 80, 230), (240, 220, 60), (250, 250, 250)]
LOCAL: Palette = [(255, 0, 255), (0, 255, 255), (120, 60, 20), (90, 90, 90)]
GROUND = GifFrame(0, 0, WIDTH, HEIGHT, 4)
DISPOSALS = {"unspecified": 0, "keep": KEEP, "background": BACKGROUND, "previous": PREVIOUS}


def shown(source: bytes, options: Options | None = None) -> list[Frame]:
    return decode_frames(convert(source, options or Options(quality=95)).data)


@pytest.mark.parametrize("last", DISPOSALS.values(), ids=DISPOSALS)
@pytest.mark.parametrize("middle", DISPOSALS.values(), ids=DISPOSALS)
def test_every_disposal_of_parts_of_the_canvas(middle: int, last: int) -> None:
    frames = [
        GROUND,
        GifFrame(5, 3, 21, 17, 1, middle),
        GifFrame(15, 11, 30, 20, 2, last),
        GifFrame(33, 25, 20, 15, 3, middle),
        GifFrame(0, 40, 60, 4, 5),
    ]
    expected = list(compose(WIDTH, HEIGHT, frames, PALETTE))

    assert_plays(shown(gif(WIDTH, HEIGHT, frames, PALETTE, 0)), expected, [100] * 5)


@pytest.mark.parametrize("disposal", DISPOSALS.values(), ids=DISPOSALS)
def test_every_disposal_of_the_first_frame(disposal: int) -> None:
    frames = [GifFrame(6, 6, 40, 30, 1, disposal), GifFrame(20, 10, 39, 33, 2), GifFrame(1, 1, 9, 9, 3)]
    expected = list(compose(WIDTH, HEIGHT, frames, PALETTE))

    assert_plays(shown(gif(WIDTH, HEIGHT, frames, PALETTE, 0)), expected, [100] * 3)


@pytest.mark.parametrize("disposal", DISPOSALS.values(), ids=DISPOSALS)
def test_transparent_pixels_show_what_is_below(disposal: int) -> None:
    stripes = bytes(1 if (x // 4) % 2 else 0 for _ in range(24) for x in range(30))
    frames = [
        GROUND,
        GifFrame(10, 8, 30, 24, 0, disposal, transparent=0, indices=stripes),
        GifFrame(14, 12, 30, 24, 0, disposal, transparent=1, indices=stripes),
        GifFrame(0, 0, 4, 4, 5),
    ]
    expected = list(compose(WIDTH, HEIGHT, frames, PALETTE))

    assert_plays(shown(gif(WIDTH, HEIGHT, frames, PALETTE, 0)), expected, [100] * 4)


def test_a_first_frame_with_holes_shows_the_ground_through() -> None:
    checks = bytes((x // 5 + y // 5) % 2 for y in range(HEIGHT) for x in range(WIDTH))
    frames = [GifFrame(0, 0, WIDTH, HEIGHT, 0, transparent=0, indices=checks), GifFrame(8, 8, 10, 10, 3)]
    expected = list(compose(WIDTH, HEIGHT, frames, PALETTE))

    assert_plays(shown(gif(WIDTH, HEIGHT, frames, PALETTE, 0)), expected, [100] * 2)


def test_frames_with_their_own_palettes_keep_their_colours() -> None:
    frames = [
        GROUND,
        GifFrame(4, 4, 20, 20, 0, palette=LOCAL),
        GifFrame(30, 4, 20, 20, 1),
        GifFrame(30, 24, 9, 9, 1, palette=LOCAL),
    ]
    expected = list(compose(WIDTH, HEIGHT, frames, PALETTE))

    assert_plays(shown(gif(WIDTH, HEIGHT, frames, PALETTE, 0)), expected, [100] * 4)


@pytest.mark.parametrize("palette", [LOCAL, None], ids=["local", "global"])
@pytest.mark.parametrize("frames", [1, 2])
def test_an_index_behind_the_palette_is_black(palette: Palette | None, frames: int) -> None:
    indices = bytes(1 if x < 8 else 15 for _ in range(24) for x in range(30))
    ground = [GifFrame(0, 0, WIDTH, HEIGHT, 2)][: frames - 1]
    data = gif(WIDTH, HEIGHT, [*ground, GifFrame(10, 8, 30, 24, 0, palette=palette, indices=indices)], LOCAL)
    with Image.open(io.BytesIO(data)) as image:
        image.seek(frames - 1)
        expected = np.asarray(image.convert("RGB"))

    pixels, _ = shown(data)[-1]

    assert expected[8:32, 18:40].max() == 0, "Pillow shows black"
    assert np.array_equal(pixels[8:32, 10:40, :3], expected[8:32, 10:40])
    assert pixels[8:32, 10:40, 3].min() == 255


def test_interlaced_frames_are_put_in_order() -> None:
    rows = bytes(y % 5 for y in range(HEIGHT) for _ in range(WIDTH))
    frames = [
        GifFrame(0, 0, WIDTH, HEIGHT, 0, indices=rows, interlaced=True),
        GifFrame(7, 7, 20, 20, 5, interlaced=True),
    ]
    expected = list(compose(WIDTH, HEIGHT, frames, PALETTE))

    assert_plays(shown(gif(WIDTH, HEIGHT, frames, PALETTE, 0)), expected, [100] * 2)


@pytest.mark.parametrize(("delay", "duration"), [(0, 100), (1, 100), (2, 20), (3, 30), (10, 100), (65535, 655350)])
def test_delays_are_kept_and_hasty_ones_slowed_as_browsers_do(delay: int, duration: int) -> None:
    frames = [GifFrame(0, 0, WIDTH, HEIGHT, index, delay=each) for index, each in [(1, 7), (2, delay), (3, 25)]]

    found = shown(gif(WIDTH, HEIGHT, frames, PALETTE, 0))

    assert [each for _, each in found] == [70, duration, 250]


def test_frames_that_change_nothing_keep_their_time() -> None:
    frames = [
        GROUND,
        GifFrame(3, 3, 9, 9, 1, delay=20),
        GifFrame(3, 3, 9, 9, 1, delay=30),
        GifFrame(9, 9, 9, 9, 2, delay=5),
    ]
    expected = list(compose(WIDTH, HEIGHT, frames, PALETTE))

    assert_plays(shown(gif(WIDTH, HEIGHT, frames, PALETTE, 0)), expected, [100, 200, 300, 50])


@pytest.mark.parametrize(("repetitions", "plays"), [(None, 1), (0, 0), (1, 2), (5, 6), (65535, 65535)])
def test_the_loop_count_is_kept(repetitions: int | None, plays: int) -> None:
    """A GIF counts repetitions, a WebP counts plays. In both 0 means for ever; a GIF without a count plays once."""
    source = gif(WIDTH, HEIGHT, [GROUND, GifFrame(3, 3, 9, 9, 1)], PALETTE, repetitions)

    with Image.open(io.BytesIO(convert(source, Options()).data)) as result:
        assert result.info["loop"] == plays


@pytest.mark.parametrize("disposal", DISPOSALS.values(), ids=DISPOSALS)
def test_a_scaled_animation_is_composed_before_it_is_scaled(disposal: int) -> None:
    """At three quarters of the size every edge falls between pixels, so frames scaled on their own would not fit."""
    frames = [
        GifFrame(0, 0, 160, 120, 4),
        GifFrame(15, 9, 63, 51, 1, disposal),
        GifFrame(45, 33, 90, 60, 2, disposal),
        GifFrame(3, 73, 61, 45, 3),
    ]
    expected = [resized(each, 119, 89) for each in compose(160, 120, frames, PALETTE)]

    found = shown(gif(160, 120, frames, PALETTE, 0), Options(max_side=119, quality=95))

    assert found[0][0].shape[:2] == (89, 119)
    assert_plays(found, expected, [100] * 4)


def test_a_still_gif_keeps_its_exact_colours() -> None:
    picture = bytes((x // 6 + y // 4) % 6 for y in range(HEIGHT) for x in range(WIDTH))
    source = gif(WIDTH, HEIGHT, [GifFrame(0, 0, WIDTH, HEIGHT, 0, indices=picture)], PALETTE)

    found = shown(source)

    assert len(found) == 1
    assert difference(found[0][0], np.array(PALETTE)[np.frombuffer(picture, np.uint8).reshape(HEIGHT, WIDTH)]) < 1


@pytest.mark.parametrize("size", [(3, 2), (65535, 65535)])
def test_data_behind_the_last_pixel_is_not_read_as_a_frame(size: tuple[int, int]) -> None:
    whole = gif(WIDTH, HEIGHT, [GROUND], PALETTE)
    assert whole.endswith(b"\0\x3b")
    seeming = b"\x2c" + struct.pack("<HHHHB", 0, 0, *size, 0) + b"\x02\x01\x44"
    further = bytes([len(seeming)]) + seeming

    (frame,) = shown(whole[:-2] + further + whole[-2:])

    assert (frame[0] == shown(whole)[0][0]).all()
