"""What ImageMagick leaves out when it decodes a HEIC or AVIF: a colour profile."""

from imagejobs.conversion.formats.heif.profile import find_profile
from imagejobs.conversion.magick.image import MagickImage


def complete_heif(image: MagickImage, source: bytes) -> None:
    """Give a decoded picture the profile that its file has and it lacks.

    Version 6 leaves out every profile, 7 one that the file names by code points only (`nclx`).
    """
    profile = None if image.profiles["icc"] else find_profile(source)
    if profile:
        image.convert_to_srgb()  # Version 6 leaves the decoder's YCbCr, which no profile is meant for.
        image.profiles["icc"] = profile
