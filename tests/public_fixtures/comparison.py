"""Compare what a reference shows of a file with what the service made of it."""

import io
from collections.abc import Sequence

import numpy as np
from measures.colour_science import mean_delta_e
from measures.decoded_pictures import Pixels, on_ground, resized
from PIL import Image
from public_fixtures.references import Shown, proxy

WHITE = (255, 255, 255)
MOST_DELTA_E = 1.0
"""Mean CIEDE2000 on a white ground that is allowed beyond the loss of WebP coding at the same quality."""
MOST_ALPHA = 2.0
"""Mean difference of alpha that is allowed, in steps of 8 bits."""
_LOOKED_AT = 8
"""Number of moments of an animation that are compared."""
_HASTY, _SLOWED = 10, 100
"""Milliseconds: browsers show a frame of at most 10 ms for 100 ms."""


def differences(expected: Shown, found: Shown, size: tuple[int, int], quality: int) -> list[str]:
    """Each difference between a reference's picture and the service's, in words.

    `size` is the size that `found` must have. `quality` is the one at which it was encoded; 100 means lossless.
    """
    if found.size != size:
        return [f"{found.size} pixels instead of {size}"]
    if not expected.is_played or len(expected.frames) == len(found.frames) == 1:
        return _of_frames(expected.frames[0], found.frames[0], expected, quality)
    if len(expected.frames) == 1:
        return [f"{len(found.frames)} frames instead of a still"]
    return _of_times(expected, found, quality)


def _of_times(expected: Shown, found: Shown, quality: int) -> list[str]:
    """Compare animations at some moments. Equal frames may have been merged, even to a single one."""
    times, others = _times(expected), _times(found)
    if len(others) > 1 and abs(sum(times) - sum(others)) > len(times):
        return [f"{sum(others):.0f} ms instead of {sum(times):.0f}"]
    for index in range(0, len(times), max(1, len(times) // _LOOKED_AT)):
        middle = sum(times[:index]) + times[index] / 2
        shown = found.frames[_at(others, middle)]
        if words := _of_frames(expected.frames[index], shown, expected, quality):
            return [f"frame {index}: {each}" for each in words]
    return []


def _times(shown: Shown) -> list[float]:
    return [_SLOWED if each <= _HASTY else each for each in shown.durations]


def _at(times: Sequence[float], moment: float) -> int:
    for index, each in enumerate(times):
        if moment < each:
            return index
        moment -= each
    return len(times) - 1


def _of_frames(expected: Pixels, found: Pixels, whole: Shown, quality: int) -> list[str]:
    if expected.shape != found.shape:
        found = resized(found, *expected.shape[1::-1])
    words = []
    colour = _colour_difference(expected, found)
    if colour > MOST_DELTA_E and colour > MOST_DELTA_E + (loss := _loss(whole, quality)):
        words.append(f"mean CIEDE2000 of {colour:.1f}, {loss:.1f} of it by coding")
    alpha = abs(expected[..., 3].astype(float) - found[..., 3]).mean()
    return words + ([f"alpha off by {alpha:.1f}"] if alpha > MOST_ALPHA else [])


def _colour_difference(one: Pixels, other: Pixels) -> float:
    return mean_delta_e(on_ground(one, WHITE), on_ground(other, WHITE))


def _loss(shown: Shown, quality: int) -> float:
    """The colour difference that WebP coding at this quality causes in the first frame."""
    if quality == 100:
        return 0.0
    buffer = io.BytesIO()
    Image.fromarray(shown.first).save(buffer, "WEBP", quality=quality, method=4)
    return _colour_difference(shown.frames[0], proxy(np.asarray(Image.open(buffer).convert("RGBA"))))
