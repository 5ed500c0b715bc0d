"""Setting the alpha of a HEIC or AVIF picture: scaled, cropped, rotated and mirrored like its colours."""

from collections.abc import Callable

from imagejobs.conversion.formats.heif.layers import AlphaLayer
from imagejobs.conversion.formats.heif.transforms import Crop, Mirror, Size, Transform, Turn
from imagejobs.conversion.magick.image import MagickImage


def add_alpha(image: MagickImage, alpha: AlphaLayer, read: Callable[[bytes, Size], MagickImage]) -> None:
    """Set the alpha of a decoded picture that was already cropped and turned.

    `read` decodes a file in full, and checks that the picture has the given size.
    """
    image.convert_to_srgb()  # Version 6 returns the decoder's YCbCr.
    # The first channel is exact: converted from YCbCr to grey, white would be 254.6.
    with read(alpha.data, alpha.size) as alone, alone.channel_images["red"] as mask:
        if mask.size != alpha.coded_size:
            mask.resize(*alpha.coded_size, filter="triangle")
        for transform in alpha.transforms:
            _apply(transform, mask)
        if alpha.is_premultiplied:
            image.composite(mask, operator="divide_src")
        image.set_alpha(mask)


def _apply(transform: Transform, mask: MagickImage) -> None:
    match transform:
        case Crop(left, top, width, height):
            mask.crop(left, top, width=width, height=height)
        case Turn(quarters):
            mask.rotate(-90 * quarters)
        case Mirror(is_sideways):
            if is_sideways:
                mask.flop()
            else:
                mask.flip()
    mask.reset_coords()
