"""What changes from one frame of an animation to the next."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise

from imagejobs.conversion.magick import MagickImage


@dataclass(slots=True)
class Change:
    """A rectangle that replaces what is below it, at an even place, as WebP wants it."""

    image: MagickImage
    x: int
    y: int
    duration_ms: int


@contextmanager
def changes(frames: Sequence[MagickImage], durations_ms: Sequence[int]) -> Iterator[list[Change]]:
    """The first frame, and of each further one the smallest rectangle that differs from the frame before it.

    A frame like the one before it is not repeated: its duration is added. All frames have the same size.
    """
    found: list[Change] = []
    try:
        for frame, box, duration in zip(frames, _boxes(frames), durations_ms, strict=True):
            if box is None and found:
                found[-1].duration_ms += duration
            else:
                x, y, right, bottom = box or (0, 0, *frame.size)
                found.append(Change(_cut(frame, x, y, right, bottom), x, y, duration))
        yield found
    finally:
        for change in found:
            change.image.close()


def _boxes(frames: Sequence[MagickImage]) -> Iterator[tuple[int, int, int, int] | None]:
    """Left, top, right and bottom; None where nothing differs."""
    yield 0, 0, *frames[0].size
    for before, frame in pairwise(frames):
        yield _box(before, frame)


def _box(before: MagickImage, frame: MagickImage) -> tuple[int, int, int, int] | None:
    """Two frames at a time: of more, version 6 leaves out the equal ones without saying which; 7 puts them at -1."""
    with before.clone() as pair:
        pair.image_add(frame)
        with pair.compare_layers("compareany") as layers:
            if layers.iterator_length() < 2:
                return None
            layers.iterator_set(1)
            _, _, x, y = layers.page
            return None if x < 0 or y < 0 else (x - x % 2, y - y % 2, x + layers.width, y + layers.height)


def _cut(frame: MagickImage, left: int, top: int, right: int, bottom: int) -> MagickImage:
    part = frame.clone()
    if (left, top, right, bottom) != (0, 0, *frame.size):
        part.crop(left, top, right, bottom)
        part.reset_coords()
    return part
