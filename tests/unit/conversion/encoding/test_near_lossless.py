import tracemalloc

import numpy as np
import pytest
from imagejobs.conversion.encoding import near_lossless
from imagejobs.conversion.encoding.near_lossless import Pixels, nearly

RANDOM = np.random.default_rng(5)


def changed(pixels: Pixels) -> Pixels:
    height, width, _ = pixels.shape
    return np.frombuffer(nearly(pixels.tobytes(), width, height), np.uint8).reshape(pixels.shape)


def test_no_channel_changes_by_more_than_two() -> None:
    pixels = RANDOM.integers(0, 253, (40, 30, 4), np.uint8)

    done = changed(pixels)

    assert (done[..., 3] == pixels[..., 3]).all(), "the alpha is exact"
    done, pixels = done[..., :3], pixels[..., :3]
    assert np.abs(done.astype(int) - pixels).max() == 2
    assert len(np.unique(done[1:-1, 1:-1])) < len(np.unique(pixels)) / 3


def test_white_stays_white() -> None:
    pixels = np.where(RANDOM.random((20, 20, 1)) < 0.5, 255, 0).astype(np.uint8).repeat(3, axis=2)

    assert (changed(pixels) == pixels).all()


def test_smooth_areas_stay_exact() -> None:
    ramp = np.arange(64, dtype=np.uint8)[None, :, None].repeat(40, axis=0).repeat(3, axis=2)

    assert (changed(ramp) == ramp).all()


def test_the_border_stays_exact() -> None:
    pixels = RANDOM.integers(0, 256, (12, 9, 3), np.uint8)

    done = changed(pixels)

    assert (done[0] == pixels[0]).all()
    assert (done[:, -1] == pixels[:, -1]).all()
    assert not (done == pixels).all()


def test_what_has_no_inner_pixels_is_left_alone() -> None:
    for shape in ((1, 1, 3), (2, 50, 3), (50, 2, 4)):
        pixels = RANDOM.integers(0, 256, shape, np.uint8)
        assert (changed(pixels) == pixels).all()


@pytest.mark.parametrize("rows", [1, 7, 38, 39])
def test_by_how_many_rows_it_is_done_changes_nothing(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = RANDOM.integers(0, 256, (40, 30, 4), np.uint8)
    monkeypatch.setattr(near_lossless, "_ROWS", 1000)
    at_once = changed(pixels)
    monkeypatch.setattr(near_lossless, "_ROWS", rows)

    assert (changed(pixels) == at_once).all()


def test_it_takes_little_more_memory_than_the_picture_before_and_after() -> None:
    pixels = RANDOM.integers(0, 256, (2000, 500, 3), np.uint8)
    data = pixels.tobytes()
    tracemalloc.start()
    try:
        nearly(data, 500, 2000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 3 * len(data)
