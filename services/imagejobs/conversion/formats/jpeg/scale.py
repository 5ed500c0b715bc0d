"""Which of libjpeg's scales a JPEG is decoded at, as ImageMagick lets one choose them."""

_DENOMINATORS = (8, 4, 3, 2)
_BLOCK = 8
_EIGHTHS = {8: 1, 4: 2, 3: 3, 2: 4}
"""ImageMagick asks libjpeg for 1/denominator; libjpeg-turbo knows n/8 and takes the next larger one, so 3 gives 3/8.
Measured with ImageMagick 6.9.11 and 7.1 on libjpeg-turbo 2.1."""

_SLACK = 0.25
"""ImageMagick divides by the hint and cuts the fraction off: this much above the denominator, rounding is harmless."""


def size_hint(size: tuple[int, int], target: tuple[int, int]) -> str | None:
    """The value of `jpeg:size` that decodes to the smallest size not below `target`; None to decode in full."""
    for denominator in _DENOMINATORS:
        scaled = tuple(-(-side * _EIGHTHS[denominator] // _BLOCK) for side in size)
        if all(have >= want for have, want in zip(scaled, target, strict=True)):
            return "x".join(f"{side / (denominator + _SLACK):.4f}" for side in size)
    return None
