"""What a walk through a file finds out about its picture."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Structure:
    """Width and height in pixels as stored, before `orientation` (EXIF, 1 to 8) is applied.

    `pixels` is what decoding costs, all frames summed. `loop_count` says how often an animation plays, 0 being for
    ever; `durations_ms` has one entry per frame of an animation.
    """

    width: int
    height: int
    frames: int
    pixels: int
    orientation: int = 1
    loop_count: int = 1
    durations_ms: tuple[int, ...] = ()


def still(width: int, height: int, orientation: int = 1) -> Structure:
    """The structure of a picture that does not move."""
    return Structure(width, height, 1, width * height, orientation)
