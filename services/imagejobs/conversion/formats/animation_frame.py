"""A frame of an animation: a rectangle of the canvas that changes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AnimationFrame:
    """A rectangle of the canvas, in pixels. `still` is an image file of this rectangle; in WebP, `x` and `y` are even.

    With `blend` the frame is drawn over the canvas; without it, the frame replaces its rectangle. After the frame was
    shown, `dispose` makes its rectangle transparent, and `restore` (GIF and PNG) undoes the frame. `profile` is the ICC
    profile of the animation, if the file has it outside its frames.
    """

    x: int
    y: int
    width: int
    height: int
    duration_ms: int
    still: bytes
    blend: bool = False
    dispose: bool = False
    restore: bool = False
    profile: bytes = b""
