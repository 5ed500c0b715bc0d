"""The steps that prepare a decoded frame for encoding; `conversion.pipeline` lists them in their order."""

from dataclasses import dataclass, field

from imagejobs.conversion.colour.icc import IccProfile, parse_icc
from imagejobs.conversion.colour.srgb_profile import srgb_profile
from imagejobs.conversion.formats.exif import credits_of
from imagejobs.conversion.magick.image import MagickImage
from imagejobs.conversion.processing.geometry import Size
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
    """What the frames of one source have in common. `target` is the size to scale to before `orientation` is applied,
    which is EXIF's, 1 to 8.

    The steps add what they find: the name of the profile that was converted, the EXIF fields `credits` that are kept,
    and the tone mapping `hdr` if a profile shows that the source is HDR. Code points in the file set `hdr` earlier.
    """

    target: Size
    orientation: int
    hdr: HdrMapping | None = None
    profile_converted: str | None = None
    credits: dict[int, bytes] = field(default_factory=dict)


def scale_down(frame: MagickImage, preparation: Preparation) -> None:
    """Scale down to the target, unless the decoder has done it."""
    if not _is_scaled(frame.size, preparation.target):
        shrink(frame, preparation.target)
    frame.reset_coords()


def convert_to_srgb(frame: MagickImage, preparation: Preparation) -> None:
    """Convert to sRGB: HDR by tone mapping, others by their profile, or by the colour space of the pixels."""
    profile = frame.profiles["icc"]
    icc = parse_icc(profile) if profile else None
    if preparation.hdr is None and icc and icc.hdr and frame.colour_space not in _NOT_RGB:
        preparation.hdr = HdrMapping(icc.hdr)
    if preparation.hdr:
        preparation.hdr.apply(frame)
    else:
        preparation.profile_converted = _convert(frame, icc)


def turn_upright(frame: MagickImage, preparation: Preparation) -> None:
    """Turn and mirror the pixels as the EXIF orientation demands."""
    frame.orientation = _ORIENTATIONS[preparation.orientation]
    frame.auto_orient()


def strip_metadata(frame: MagickImage, preparation: Preparation) -> None:
    """Note the credits, then remove profiles, EXIF with its location and thumbnail, XMP, IPTC and comments."""
    preparation.credits = credits_of(frame.profiles["exif"] or b"") or preparation.credits
    frame.strip()


def _convert(frame: MagickImage, icc: IccProfile | None) -> str | None:
    """Convert a frame that is not HDR. Returns the name of what was converted, None for sRGB and grey."""
    space = _NOT_RGB.get(frame.colour_space, _RGB)
    # A profile for other channels than the picture has is a mistake, and is ignored.
    is_foreign = icc is not None and icc.color_space == space and not icc.is_srgb
    if icc is not None and is_foreign and frame.convert_profile(srgb_profile()):
        return icc.description or "embedded"
    if frame.colour_space != "gray":
        frame.convert_to_srgb()
    return "CMYK" if space == _CMYK else None


def _is_scaled(size: Size, target: Size) -> bool:
    """Whether the size is the target, or differs by one pixel of rounding, which is not worth scaling."""
    return size == target or (max(size) == max(target) and abs(sum(size) - sum(target)) <= 1)
