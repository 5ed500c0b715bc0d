"""What is done to a decoded frame, in order: RECIPE is the list to read."""

from collections.abc import Callable
from dataclasses import dataclass, field

from imagejobs.conversion.colour.icc import IccProfile, parse_icc
from imagejobs.conversion.colour.srgb_profile import srgb_profile
from imagejobs.conversion.formats.exif import credits_of
from imagejobs.conversion.magick.image import MagickImage
from imagejobs.conversion.processing.hdr import HdrMapping
from imagejobs.conversion.processing.shrink import shrink

_ORIENTATIONS = (
    "undefined",
    "top_left",
    "top_right",
    "bottom_right",
    "bottom_left",
    "left_top",
    "right_top",
    "right_bottom",
    "left_bottom",
)
"""Wand's names for the EXIF values 1 to 8."""
_RGB, _GRAY, _CMYK = "RGB ", "GRAY", "CMYK"
_NOT_RGB = {"cmyk": _CMYK, "gray": _GRAY}


@dataclass(slots=True)
class Preparation:
    """What the frames of one source have in common: the size to shrink to, as stored, and the EXIF orientation.

    The steps add what they found: the profile that was converted, the tone mapping `hdr` if the source has to be
    mapped to SDR (it may be known before, from code points), and the EXIF fields `credits` that are kept.
    """

    target: tuple[int, int]
    orientation: int
    hdr: HdrMapping | None = None
    profile_converted: str | None = None
    credits: dict[int, bytes] = field(default_factory=dict)


def resize(frame: MagickImage, preparation: Preparation) -> None:
    """Scale down to the target, unless decoding did it already. First, so that the other steps have less to do."""
    if not _is_there(frame.size, preparation.target):
        shrink(frame, preparation.target)
    frame.reset_coords()


def convert_to_srgb(frame: MagickImage, preparation: Preparation) -> None:
    """Convert HDR, or else from the embedded profile, to sRGB; without one, from the colour space of the pixels."""
    profile = frame.profiles["icc"]
    icc = parse_icc(profile) if profile else None
    if preparation.hdr is None and icc and icc.hdr and frame.colour_space not in _NOT_RGB:
        preparation.hdr = HdrMapping(icc.hdr)
    if preparation.hdr:
        preparation.hdr.apply(frame)
    else:
        preparation.profile_converted = _convert(frame, icc)


def orient(frame: MagickImage, preparation: Preparation) -> None:
    """Turn and mirror the pixels as EXIF says."""
    frame.orientation = _ORIENTATIONS[preparation.orientation]
    frame.auto_orient()


def strip(frame: MagickImage, preparation: Preparation) -> None:
    """Remove profiles, EXIF with its place and thumbnail, XMP, IPTC and comments; the credits are noted before."""
    preparation.credits = credits_of(frame.profiles["exif"] or b"") or preparation.credits
    frame.strip()


RECIPE: tuple[Callable[[MagickImage, Preparation], None], ...] = (resize, convert_to_srgb, orient, strip)
"""Decoding has put animations on their full canvas before, and encoding follows."""


def prepare(frame: MagickImage, preparation: Preparation) -> None:
    """Run the recipe on one frame."""
    for step in RECIPE:
        step(frame, preparation)


def _convert(frame: MagickImage, icc: IccProfile | None) -> str | None:
    """The name of what was converted, None for sRGB and grey."""
    space = _NOT_RGB.get(frame.colour_space, _RGB)
    # A profile for other channels than the picture's cannot be meant.
    is_foreign = icc is not None and icc.color_space == space and not icc.is_srgb
    if icc is not None and is_foreign and frame.convert_profile(srgb_profile()):
        return icc.description or "embedded"
    if frame.colour_space != "gray":
        frame.convert_to_srgb()
    return "CMYK" if space == _CMYK else None


def _is_there(size: tuple[int, int], target: tuple[int, int]) -> bool:
    """Whether decoding ended within the rounding of a pixel, which no resize is worth."""
    return size == target or (max(size) == max(target) and abs(sum(size) - sum(target)) <= 1)
