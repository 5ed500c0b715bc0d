"""An animation as its file describes it: rectangles laid upon a canvas, one after the other."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AnimationFrame:
    """A rectangle of the canvas. `still` is an image file of its own; WebP wants `x` and `y` to be even.

    With `blend` it is laid over what is there, otherwise it replaces it. After it was shown its rectangle becomes
    transparent with `dispose`, and what it was before with `restore`, which only GIF knows.
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
