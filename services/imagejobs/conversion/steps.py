"""What is done to a decoded picture, in order: RECIPE is the list to read."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from imagejobs.conversion.geometry import fit
from imagejobs.conversion.icc import parse_icc
from imagejobs.conversion.magick import MagickImage
from imagejobs.conversion.srgb_profile import srgb_profile

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


@dataclass(slots=True)
class Picture:
    """The frames on their way, and what happened to them. `width` and `height` are the source's, as stored."""

    frames: list[MagickImage]
    width: int
    height: int
    orientation: int
    max_side: int
    profile_converted: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for frame in self.frames:
            frame.close()

    @property
    def upright_size(self) -> tuple[int, int]:
        """Width and height of the source as it is to be seen."""
        return (self.height, self.width) if self.orientation >= 5 else (self.width, self.height)


def orient(picture: Picture) -> None:
    """Turn and mirror the pixels as EXIF says."""
    for frame in picture.frames:
        frame.orientation = _ORIENTATIONS[picture.orientation]
        frame.auto_orient()


def convert_to_srgb(picture: Picture) -> None:
    """Convert from the embedded profile to sRGB; without one, from the colour space of the pixels."""
    for frame in picture.frames:
        picture.profile_converted = _convert_frame(frame)


def resize(picture: Picture) -> None:
    """Scale down into the square of `max_side`, unless decoding did it already."""
    target = fit(*picture.upright_size, picture.max_side)
    for frame in picture.frames:
        if not _is_there(frame.size, target, picture.max_side):
            frame.resize(*target, filter="lanczos")
        frame.reset_coords()


def strip(picture: Picture) -> None:
    """Remove profiles, EXIF with its place and thumbnail, XMP, IPTC and comments."""
    for frame in picture.frames:
        frame.strip()


RECIPE: tuple[Callable[[Picture], None], ...] = (orient, convert_to_srgb, resize, strip)
"""Decoding has put animations on their full canvas before, and encoding follows."""


def _convert_frame(frame: MagickImage) -> str | None:
    """The name of what was converted, None for sRGB and grey."""
    profile = frame.profiles["icc"]
    icc = parse_icc(profile) if profile else None
    space = {"cmyk": _CMYK, "gray": _GRAY}.get(frame.colorspace, _RGB)
    # A profile for other channels than the picture's cannot be meant.
    is_foreign = icc is not None and icc.color_space == space and not icc.is_srgb
    if icc is not None and is_foreign and frame.convert_profile(srgb_profile()):
        return icc.description or "embedded"
    if frame.colorspace not in {"srgb", "gray"}:
        frame.transform_colorspace("srgb")
    return "CMYK" if space == _CMYK else None


def _is_there(size: tuple[int, int], target: tuple[int, int], max_side: int) -> bool:
    """Whether decoding ended within the rounding of a pixel, which no resize is worth."""
    return size == target or (max(size) == max(target) <= max_side and abs(sum(size) - sum(target)) <= 1)
