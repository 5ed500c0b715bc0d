"""Scaling down, with a filter of ImageMagick that depends on the factor."""

from collections.abc import Mapping

from imagejobs.conversion.magick.image import MagickImage

_FAR = 1.5
"""Factors above it use the wider filter."""
_NEAR_FILTER: Mapping[str, str] = {"filter:b": "0", "filter:c": "0.75", "filter:blur": "0.95"}
_FAR_FILTER: Mapping[str, str] = {"filter:b": "0", "filter:c": "1", "filter:support": "1.5", "filter:blur": "0.9"}
"""Keys' cubic filters, narrowed until they are as sharp as Lanczos. Their SSIM is within 0.0006 of that of Lanczos, and
the bytes are within 2 %. They take 0.6 to 0.8 of its time, which grows with the width of a filter. See
docs/measurements/performance.md."""

_NARROW = 16
"""Pictures whose shorter side becomes at most so many pixels are scaled with Lanczos itself. Their neighbouring columns
differ so much that the cubic filters would be visible, and Lanczos takes little time for them."""


def shrink(image: MagickImage, size: tuple[int, int]) -> None:
    """Scale an image down to this size, in place. The colours of transparent pixels do not bleed into others."""
    width, height = image.size
    if min(size) <= _NARROW:
        image.resize(*size, filter="lanczos")
        return
    is_far = max(width / size[0], height / size[1]) > _FAR
    chosen = _FAR_FILTER if is_far else _NEAR_FILTER
    image.artifacts.update(chosen)
    image.resize(*size, filter="cubic")
    for name in chosen:
        del image.artifacts[name]
