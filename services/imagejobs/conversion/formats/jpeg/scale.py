"""Choosing the scale at which libjpeg decodes, by ImageMagick's option `jpeg:size`."""

from collections.abc import Mapping

_DENOMINATORS = (8, 4, 3, 2)
_BLOCK = 8
_EIGHTHS = {8: 1, 4: 2, 3: 3, 2: 4}
"""ImageMagick asks libjpeg for 1/denominator; libjpeg-turbo knows n/8 and takes the next larger one, so 3 gives 3/8.
Measured with ImageMagick 6.9.11 and 7.1 on libjpeg-turbo 2.1."""

_SLACK = 0.25
"""ImageMagick divides the size by the hint and drops the fraction. With this much added to the denominator, rounding
cannot change the result."""

_STRETCH = 1.05
"""How much padding a scaled picture may contain: scaled sizes are rounded up, and the last column or row then covers
more than the picture has. It matters for narrow pictures only: half of 3 columns is 2, which cover 4."""

_NARROW = 64
"""A JPEG whose shorter side has at most so many pixels is decoded in full: two scaling steps would be visible in it."""


def scale_options(size: tuple[int, int], target: tuple[int, int]) -> Mapping[str, str]:
    """The options with which ImageMagick decodes at the scale of `size_hint`; empty to decode in full."""
    hint = size_hint(size, target)
    return {"jpeg:size": hint} if hint else {}


def size_hint(size: tuple[int, int], target: tuple[int, int]) -> str | None:
    """The value of `jpeg:size` that decodes to the smallest true size not below `target`; None to decode in full."""
    if min(size) <= _NARROW:
        return None
    for denominator in _DENOMINATORS:
        eighths = _EIGHTHS[denominator]
        scaled = tuple(-(-side * eighths // _BLOCK) for side in size)
        is_true = all(have * _BLOCK <= side * eighths * _STRETCH for have, side in zip(scaled, size, strict=True))
        if is_true and all(have >= want for have, want in zip(scaled, target, strict=True)):
            return "x".join(f"{side / (denominator + _SLACK):.4f}" for side in size)
    return None
