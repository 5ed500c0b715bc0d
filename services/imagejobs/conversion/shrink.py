"""Scaling down: which of ImageMagick's ways, by what is left to do."""

from imagejobs.conversion.magick import MagickImage


def shrink(image: MagickImage, size: tuple[int, int]) -> None:
    """Scale an image down to this size, in place."""
    image.resize(*size, filter="lanczos")
