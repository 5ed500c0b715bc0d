import io
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from files import png as png_files
from files.apng import BACKGROUND, NONE, OVER, PREVIOUS, SOURCE, ApngFrame, apng, block, chunks_of
from imagejobs.conversion.formats.animation_frame import AnimationFrame
from imagejobs.conversion.formats.png.animation import split_png
from PIL import Image

GROUND = block(0, 0, 16, 12, (9, 200, 9, 255))
PART = ApngFrame(3, 2, np.arange(7 * 9 * 4).reshape(9, 7, 4) % 256)


def split(*frames: ApngFrame, **more: Any) -> list[AnimationFrame]:
    return list(split_png(apng(16, 12, frames, **more)))


def shown(frame: AnimationFrame) -> np.ndarray:
    with Image.open(io.BytesIO(frame.still)) as still:
        assert (still.format, getattr(still, "n_frames", 1)) == ("PNG", 1)
        return np.asarray(still.convert("RGBA"))


@pytest.mark.parametrize("part_bytes", [1, 7, 1 << 20])
def test_every_frame_is_a_picture_of_its_own_at_its_place(part_bytes: int) -> None:
    part = replace(PART, delay=(3, 10))

    first, second, third = split(GROUND, part, GROUND, part_bytes=part_bytes)

    assert (second.x, second.y, second.width, second.height) == (3, 2, 7, 9)
    assert np.array_equal(shown(second), PART.samples)
    assert np.array_equal(shown(first), GROUND.samples)
    assert np.array_equal(shown(third), GROUND.samples)
    assert [frame.duration_ms for frame in (first, second, third)] == [100, 300, 100]


def test_a_still_of_its_own_is_no_frame() -> None:
    still = np.zeros((12, 16, 4), np.uint8)

    first, second = split(GROUND, PART, still=still)

    assert np.array_equal(shown(first), GROUND.samples)
    assert np.array_equal(shown(second), PART.samples)


@pytest.mark.parametrize("blend", [SOURCE, OVER])
@pytest.mark.parametrize("disposal", [NONE, BACKGROUND, PREVIOUS])
def test_what_happens_with_a_frame(disposal: int, blend: int) -> None:
    first, second = split(block(0, 0, 16, 12, (1, 2, 3, 4), disposal=disposal, blend=blend), PART)

    assert (first.dispose, first.restore) == (disposal == BACKGROUND, disposal == PREVIOUS)
    assert first.blend == (blend == OVER)
    assert (second.dispose, second.restore, second.blend) == (False, False, False)


def test_only_what_says_what_the_samples_mean_is_in_every_frame() -> None:
    colours = (b"gAMA", b"\0\0\xb1\x8f")
    text = (b"tEXt", b"Comment\0" + bytes(1000))

    frames = split(GROUND, PART, chunks=[text, colours])

    for frame in frames:
        assert [kind for kind, _ in chunks_of(frame.still)] == [b"gAMA", b"IDAT"]


def test_a_palette_is_in_every_frame() -> None:
    frames = [ApngFrame(0, 0, np.full((12, 16, 1), index)) for index in (0, 2)]
    palette = [(b"PLTE", bytes([9, 9, 9, 8, 8, 8, 200, 100, 50])), (b"tRNS", b"\xff\xff\x80")]

    _, second = split(*frames, bit_depth=2, colour_type=png_files.PALETTE, chunks=palette)

    assert (shown(second) == (200, 100, 50, 128)).all()


def test_frames_are_made_one_at_a_time() -> None:
    frames = split_png(apng(16, 12, [GROUND, PART, GROUND]))

    assert all(one is not other for one, other in pairwise(frames))
