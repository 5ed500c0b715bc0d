import io
import tracemalloc
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from files.gif import BACKGROUND, KEEP, PREVIOUS, GifFrame, compose, gif
from imagejobs.conversion.errors import ConversionError
from imagejobs.conversion.formats.animation_frame import AnimationFrame
from imagejobs.conversion.formats.byte_reader import ByteReader
from imagejobs.conversion.formats.gif.animation import split_gif
from imagejobs.conversion.formats.gif.structure import read_gif
from measures.decoded_pictures import Pixels
from PIL import Image

PALETTE = [(250, 10, 10), (10, 250, 10), (10, 10, 250), (240, 240, 240)]
LOCAL = [(1, 2, 3), (90, 80, 70)]
INDICES = bytes(index % 4 for index in range(7 * 9))
BLOCK = GifFrame(3, 2, 7, 9, 0, indices=INDICES, transparent=2)


def split(frames: Sequence[GifFrame], **more: int) -> list[AnimationFrame]:
    return list(split_gif(gif(16, 12, frames, PALETTE, **more)))


def shown(frame: AnimationFrame) -> Pixels:
    with Image.open(io.BytesIO(frame.still)) as still:
        assert (still.format, getattr(still, "n_frames", 1)) == ("GIF", 1)
        return np.asarray(still.convert("RGBA"))


def alone(frame: GifFrame) -> Pixels:
    """The frame as a viewer shows it on a canvas of the frame's size."""
    (canvas,) = compose(frame.width, frame.height, [replace(frame, x=0, y=0)], PALETTE)
    return canvas


def same(one: Pixels, other: Pixels) -> bool:
    """Whether the alpha and all visible pixels are equal."""
    return np.array_equal(one[..., 3], other[..., 3]) and np.array_equal(one[one[..., 3] > 0], other[other[..., 3] > 0])


@pytest.mark.parametrize(
    "frame",
    [
        BLOCK,
        replace(BLOCK, transparent=None),
        replace(BLOCK, interlaced=True),
        replace(BLOCK, palette=LOCAL, indices=bytes(index % 2 for index in range(63)), transparent=None),
        replace(BLOCK, palette=LOCAL, indices=bytes(index % 2 for index in range(63)), transparent=1, interlaced=True),
        GifFrame(15, 11, 1, 1, 3),
    ],
)
def test_every_frame_is_a_picture_of_its_own_at_its_place(frame: GifFrame) -> None:
    ground = GifFrame(0, 0, 16, 12, 1)

    first, second, third = split([ground, frame, ground])

    assert (second.x, second.y, second.width, second.height) == (frame.x, frame.y, frame.width, frame.height)
    assert same(shown(second), alone(frame))
    assert same(shown(first), alone(ground))
    assert same(shown(third), alone(ground)), "the table or the transparency of one frame reached the next"


@pytest.mark.parametrize("interlaced", [True, False])
def test_the_flag_of_interlacing_stays_with_the_data(interlaced: bool) -> None:
    (frame,) = split([replace(BLOCK, interlaced=interlaced)])

    place = frame.still.index(b"\x2c\0\0\0\0\x07\0\x09\0")
    assert bool(frame.still[place + 9] & 0x40) == interlaced


@pytest.mark.parametrize(
    ("disposal", "dispose", "restore"),
    [
        (0, False, False),
        (KEEP, False, False),
        (BACKGROUND, True, False),
        (PREVIOUS, False, True),
        (4, False, True),
        (5, False, False),
        (7, False, False),
    ],
)
def test_what_happens_after_a_frame(disposal: int, dispose: bool, restore: bool) -> None:
    first, second = split([replace(BLOCK, disposal=disposal), BLOCK])

    assert (first.dispose, first.restore, first.blend) == (dispose, restore, True)
    assert (second.dispose, second.restore) == (False, False)


def test_a_frame_lasts_as_long_as_its_control_block_says_but_not_10_ms_or_less() -> None:
    assert [frame.duration_ms for frame in split([replace(BLOCK, delay=delay) for delay in (0, 1, 2, 300)])] == [
        100,
        100,
        20,
        3000,
    ]


def test_a_control_block_is_for_the_next_frame_only() -> None:
    data = gif(16, 12, [BLOCK], PALETTE)
    picture = data[data.index(b"\x2c", 13 + 12) : -1]

    first, second = split_gif(data[:-1] + picture + b"\x3b")

    assert (shown(first)[..., 3] == 0).any()
    assert (shown(second)[..., 3] == 255).all()


@pytest.mark.parametrize("between", [b"\x21\xfe\x05hello\0", b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0", b"\0\0", b""])
def test_what_stands_between_control_and_picture_does_not_part_them(between: bytes) -> None:
    data = gif(16, 12, [replace(BLOCK, disposal=BACKGROUND)], PALETTE)
    at = data.index(b"\x2c", 13 + 12)

    (frame,) = split_gif(data[:at] + between + data[at:])

    assert frame.dispose
    assert same(shown(frame), alone(BLOCK))


def test_what_follows_the_trailer_is_not_looked_at() -> None:
    data = gif(16, 12, [BLOCK], PALETTE)

    assert len(list(split_gif(data + data))) == 1


def test_a_file_that_ends_anywhere_is_refused_or_has_fewer_frames() -> None:
    whole = gif(16, 12, [BLOCK, replace(BLOCK, palette=LOCAL)], PALETTE)
    codes = set()
    for end in range(len(whole) - 1):
        frames: list[AnimationFrame] = []
        try:
            frames += split_gif(whole[:end])
        except ConversionError as error:
            codes.add(error.code)
        assert len(frames) < 2

    assert codes == {"truncated"}


def test_junk_ends_the_frames() -> None:
    whole = gif(16, 12, [BLOCK], PALETTE)
    second = whole[whole.index(b"\x2c", 13 + 12) : -1]

    assert len(list(split_gif(whole[:-1] + b"\x99" + whole[-1:]))) == 1
    assert len(list(split_gif(whole[:-1] + b"\x99" + second + b"\x3b"))) == 1


def test_a_graphic_control_that_is_too_short_says_nothing() -> None:
    """Neither its transparency nor its disposal: the complete one before it counts, for the duration too."""
    whole = gif(16, 12, [GifFrame(0, 0, 16, 12, 1), replace(BLOCK, disposal=BACKGROUND, delay=7)], PALETTE)
    picture = whole.rindex(b"\x2c" + bytes((3, 0, 2, 0, 7, 0, 9, 0)))

    _, frame = split_gif(whole[:picture] + b"\x21\xf9\x02\x01\x01\x00" + whole[picture:])

    assert same(shown(frame), alone(BLOCK))
    assert (frame.dispose, frame.duration_ms) == (True, 70)


def test_a_structure_with_many_frames_is_read_in_little_memory() -> None:
    """A hostile file announces each frame by an extension of 510 bytes."""
    fat = b"\x21\xf9" + 2 * (b"\xff" + bytes(255)) + b"\0"
    frame = fat + b"\x2c" + bytes((0, 0, 0, 0, 1, 0, 1, 0, 0)) + b"\x02\x02\x44\x01\0"
    data = io.BytesIO(gif(16, 12, [GifFrame(0, 0, 16, 12, 1)], PALETTE)[:-1] + 5_000 * frame)
    tracemalloc.start()
    try:
        structure = read_gif(ByteReader(data, "GIF"))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert structure.frames == 5_001
    assert peak < 1_500_000
