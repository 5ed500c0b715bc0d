"""Scaling down: which of ImageMagick's filters, by how much is left to do."""

from collections.abc import Mapping

from imagejobs.conversion.magick.image import MagickImage

_FAR = 1.5
_NEAR_FILTER: Mapping[str, str] = {"filter:b": "0", "filter:c": "0.75", "filter:blur": "0.95"}
_FAR_FILTER: Mapping[str, str] = {"filter:b": "0", "filter:c": "1", "filter:support": "1.5", "filter:blur": "0.9"}
"""Keys' cubic filters, narrowed until they are as sharp as Lanczos: the SSIM against Lanczos is within 0.0006 and the
bytes within 2 %, in 0.6 to 0.8 of its time, which grows with the width of a filter. See
docs/measurements/performance.md."""

_NARROW = 16
"""Pixels of the shorter side of pictures that are scaled with Lanczos itself, as it takes no time: neighbouring columns
of these differ so much that the cubic filters show."""


def shrink(image: MagickImage, size: tuple[int, int]) -> None:
    """Scale an image down to this size, in place. Transparent pixels give no colour to their neighbours."""
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
