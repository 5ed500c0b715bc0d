"""What ImageMagick 6 leaves out when it decodes a HEIC or AVIF: the colour profile and the transparency."""

from collections.abc import Callable

from imagejobs.conversion.formats.heif.alpha import find_alpha
from imagejobs.conversion.formats.heif.profile import find_profile
from imagejobs.conversion.magick.image import MagickImage


def complete_heif(image: MagickImage, source: bytes, read: Callable[[bytes], MagickImage]) -> None:
    """Give a decoded picture the profile and the transparency that its file has and it lacks.

    `read` decodes another file of the same format. Version 7 lacks only a profile where the file names its colours by
    number (`nclx`).
    """
    profile = None if image.profiles["icc"] else find_profile(source)
    if profile:
        image.convert_to_srgb()  # Version 6 leaves the decoder's YCbCr, which no profile is meant for.
        image.profiles["icc"] = profile
    transparency = None if image.alpha_channel else find_alpha(source)
    if transparency:
        # Exactly the first channel: converted from YCbCr to grey, white would be 254.6.
        with read(transparency) as alone, alone.channel_images["red"] as mask:
            image.alpha_channel = "set"
            image.composite(mask, operator="copy_opacity")
