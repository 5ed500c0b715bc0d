import io
from itertools import product

import pytest
from files.webp import Part, animated_webp, compose
from imagejobs.conversion.engine import convert
from imagejobs.conversion.errors import ConversionError
from imagejobs.conversion.options import Options
from measures.decoded_pictures import GROUNDS, at_time, decode_frames, difference, frame_count, on_ground, resized
from PIL import Image

WIDTH, HEIGHT = 240, 176
RED, GREEN, BLUE, CLEAR = (190, 120, 110, 255), (90, 150, 100, 255), (50, 60, 110, 255), (0, 0, 0, 0)
SOFT, FAINT = (250, 240, 190, 140), (10, 40, 50, 80)
"""These colours differ in lightness more than in hue, because lossy coding blurs hue at every edge."""
DURATIONS = (40, 1, 333, 70)
WAYS = list(product([True, False], repeat=2))
WAY_NAMES = [f"{'blend' if blend else 'replace'}, {'clear' if dispose else 'keep'}" for blend, dispose in WAYS]


def assert_plays(source: bytes, parts: list[Part], options: Options) -> None:
    """Check that the converted animation shows each frame at its time, on every ground."""
    found = decode_frames(convert(source, options).data)
    height, width = found[0][0].shape[:2]
    assert sum(duration for _, duration in found) == sum(part.duration for part in parts)
    start = 0
    for index, (part, canvas) in enumerate(zip(parts, compose(WIDTH, HEIGHT, parts), strict=True)):
        seen, expected = (
            at_time(found, start),
            canvas if (width, height) == (WIDTH, HEIGHT) else resized(canvas, width, height),
        )
        for name, ground in GROUNDS.items():
            apart = difference(on_ground(seen, ground), on_ground(expected, ground))
            assert apart < 3, f"frame {index} on {name}"
        start += part.duration


@pytest.mark.parametrize("max_side", [240, 180])
@pytest.mark.parametrize(("blend", "dispose"), WAYS, ids=WAY_NAMES)
def test_every_way_of_blending_and_clearing(blend: bool, dispose: bool, max_side: int) -> None:
    parts = [
        Part(0, 0, WIDTH, HEIGHT, RED, DURATIONS[0]),
        Part(16, 24, 124, 84, SOFT, DURATIONS[1], blend=blend, dispose=dispose),
        Part(80, 48, 132, 116, FAINT, DURATIONS[2], blend=blend, dispose=dispose),
        Part(40, 8, 60, 160, BLUE, DURATIONS[3], blend=not blend),
    ]

    assert_plays(animated_webp(WIDTH, HEIGHT, parts), parts, Options(max_side=max_side, quality=95))


@pytest.mark.parametrize(("blend", "dispose"), WAYS, ids=WAY_NAMES)
def test_a_first_frame_smaller_than_the_canvas(blend: bool, dispose: bool) -> None:
    parts = [
        Part(40, 32, 120, 81, GREEN, blend=blend, dispose=dispose),
        Part(0, 0, 81, 65, CLEAR, blend=False),
        Part(8, 8, 176, 120, SOFT),
    ]

    assert_plays(animated_webp(WIDTH, HEIGHT, parts), parts, Options(quality=95))


@pytest.mark.parametrize("duration", [0, 1, 10, 99, 0xFFFFFF])
def test_durations_are_kept_to_the_millisecond(duration: int) -> None:
    parts = [Part(0, 0, WIDTH, HEIGHT, colour, each) for colour, each in [(RED, 50), (BLUE, duration), (GREEN, 60)]]

    with Image.open(io.BytesIO(convert(animated_webp(WIDTH, HEIGHT, parts), Options()).data)) as result:
        assert frame_count(result) == 3
        result.seek(1)
        result.load()
        assert result.info["duration"] == duration


@pytest.mark.parametrize("loop", [0, 1, 7, 65535])
def test_the_loop_count_is_kept(loop: int) -> None:
    parts = [Part(0, 0, WIDTH, HEIGHT, RED), Part(4, 4, 8, 8, GREEN)]

    with Image.open(io.BytesIO(convert(animated_webp(WIDTH, HEIGHT, parts, loop), Options()).data)) as result:
        assert result.info["loop"] == loop


def test_an_animation_of_one_frame_is_a_still() -> None:
    part = Part(24, 16, 120, 120, SOFT)

    result = decode_frames(convert(animated_webp(WIDTH, HEIGHT, [part]), Options(quality=95)).data)

    assert len(result) == 1
    (canvas,) = compose(WIDTH, HEIGHT, [part])
    assert difference(on_ground(result[0][0], (0, 0, 0)), on_ground(canvas, (0, 0, 0))) < 2


@pytest.mark.parametrize("frames", [1, 2])
def test_a_damaged_frame_is_refused_also_if_it_is_the_only_one(frames: int) -> None:
    whole = animated_webp(WIDTH, HEIGHT, [Part(0, 0, WIDTH, HEIGHT, GREEN)] * frames)
    at = whole.rindex(b"VP8L") + 8
    assert whole[at] == 0x2F

    with pytest.raises(ConversionError) as caught:
        convert(whole[:at] + b"\0" + whole[at + 1 :], Options())

    assert caught.value.code == "corrupt"
