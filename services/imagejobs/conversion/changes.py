"""What changes from one frame of an animation to the next."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

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
    with _stack(frames) as stack, stack.compare_layers("compareany") as layers:
        yield 0, 0, *frames[0].size
        for index in range(1, len(frames)):
            layers.iterator_set(index)
            _, _, x, y = layers.page
            if x < 0 or y < 0:
                yield None
            else:
                yield x - x % 2, y - y % 2, x + layers.width, y + layers.height


def _stack(frames: Sequence[MagickImage]) -> MagickImage:
    stack = MagickImage()
    for frame in frames:
        stack.image_add(frame)
    return stack


def _cut(frame: MagickImage, left: int, top: int, right: int, bottom: int) -> MagickImage:
    part = frame.clone()
    if (left, top, right, bottom) != (0, 0, *frame.size):
        part.crop(left, top, right, bottom)
        part.reset_coords()
    return part
