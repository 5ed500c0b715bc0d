"""Decoding HEIC and AVIF: the colours and the alpha separately, and the colour profile."""

from contextlib import ExitStack

from imagejobs.conversion.decoding.alpha import add_alpha
from imagejobs.conversion.decoding.heif_profile import find_profile, without_profile
from imagejobs.conversion.decoding.picture import decode_in_full
from imagejobs.conversion.formats.format import Size
from imagejobs.conversion.formats.heif.layers import split_layers
from imagejobs.conversion.formats.probe import Probe
from imagejobs.conversion.magick.errors import reading_errors
from imagejobs.conversion.magick.image import MagickImage
from imagejobs.conversion.magick.library import IS_VERSION_6


def decode_heif(source: bytes, probe: Probe) -> MagickImage:
    """The picture of a HEIC or AVIF file that was probed. Raises ConversionError."""

    def decode(data: bytes, size: Size) -> MagickImage:
        return decode_in_full(data, probe.format, size, probe.most_decoder_bytes)

    colour, alpha = split_layers(source)
    with ExitStack() as on_error:
        # Where version 6 sees a profile, it converts the decoder's YCbCr itself, and tints grey.
        image = decode(without_profile(colour) if IS_VERSION_6 else colour, (probe.width, probe.height))
        on_error.callback(image.close)
        if alpha:
            with reading_errors(probe.format.title, probe.width * probe.height, probe.most_decoder_bytes):
                add_alpha(image, alpha, decode)
        _add_profile(image, source)
        on_error.pop_all()
    return image


def _add_profile(image: MagickImage, source: bytes) -> None:
    """Give a picture the profile of its file, if it lacks it.

    Version 6 leaves out every profile; version 7 leaves out a profile that the file names by code points (`nclx`).
    """
    profile = None if image.profiles["icc"] else find_profile(source)
    if profile:
        image.convert_to_srgb()  # Version 6 returns the decoder's YCbCr, but profiles are for RGB.
        image.profiles["icc"] = profile
