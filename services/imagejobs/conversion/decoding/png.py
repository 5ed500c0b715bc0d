"""The colours of a PNG, whose chunks ImageMagick 6 and 7 interpret by rules of their own."""

from imagejobs.conversion.colour.coded_profile import coded_profile, gamma_profile
from imagejobs.conversion.colour.icc import parse_icc
from imagejobs.conversion.formats.png.colour import ColourChunks, read_colour_chunks
from imagejobs.conversion.magick.image import MagickImage

_RGB = "RGB "
_BLACK, _WHITE = 16, 235
"""Black and white in narrow range, of 255 (W3C PNG, third edition, 11.3.2.6)."""


def complete_png(image: MagickImage, source: bytes) -> None:
    """Give a picture that was decoded without its colour chunks the profile that they describe.

    HDR gets no profile: it is tone-mapped later.
    """
    found = read_colour_chunks(source)
    if found.coded and not found.coded.is_full_range:
        _expand(image)
    profile = _profile(found)
    icc = parse_icc(profile) if profile else None
    if icc and icc.color_space == _RGB and image.colour_space == "gray":
        image.convert_to_srgb()  # A profile of RGB describes grey too: its red, green and blue are equal.
    if icc:
        image.profiles["icc"] = profile


def _profile(found: ColourChunks) -> bytes | None:
    """The profile by the precedence of W3C PNG, third edition, 4.3: cICP, iCCP, sRGB, gAMA and cHRM.

    As in browsers, cHRM needs gAMA.
    """
    if found.coded:
        return coded_profile(found.coded)
    if parse_icc(found.profile):
        return found.profile
    return None if found.is_srgb else gamma_profile(found.gamma, found.chromaticities)


def _expand(image: MagickImage) -> None:
    """Expand the pixels from narrow range to full range."""
    highest, unit = (65535, 256) if image.depth > 8 else (255, 1)
    image.level(_BLACK * unit / highest, _WHITE * unit / highest)
