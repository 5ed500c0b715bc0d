"""Which of libjpeg's scales a JPEG is decoded at, as ImageMagick lets one choose them."""

from collections.abc import Mapping

_DENOMINATORS = (8, 4, 3, 2)
_BLOCK = 8
_EIGHTHS = {8: 1, 4: 2, 3: 3, 2: 4}
"""ImageMagick asks libjpeg for 1/denominator; libjpeg-turbo knows n/8 and takes the next larger one, so 3 gives 3/8.
Measured with ImageMagick 6.9.11 and 7.1 on libjpeg-turbo 2.1."""

_SLACK = 0.25
"""ImageMagick divides by the hint and cuts the fraction off: this much above the denominator, rounding is harmless."""

_STRETCH = 1.05
"""How much more of the picture the last column or row may stand for than there is: scaled sizes are rounded up, and
what lies behind the edge is padding. It matters for a few columns only: half of 3 is 2, which would be 4."""

_NARROW = 64
"""Pixels of the shorter side of JPEGs that are decoded in full: scaling in two steps shows in a few columns."""


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
