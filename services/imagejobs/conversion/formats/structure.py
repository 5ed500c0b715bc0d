"""The structure of an image file: what can be known without decoding."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from imagejobs.conversion.formats.coded_colour import CodedColour

BYTES_PER_PIXEL = 8
"""Bytes of a decoded pixel in ImageMagick's Q16 builds: four channels of 16 bits."""
MAX_CREDIT_BYTES = 500
"""The most bytes of a credit that are kept; longer texts are not names."""


@dataclass(frozen=True, slots=True)
class Structure:
    """Width and height in pixels as the decoder gives them, before `orientation` (EXIF, 1 to 8) is applied.

    `pixels` is the number of pixels to decode, summed over all frames. `loop_count` is how often an animation plays; 0
    means forever. `durations_ms` has one entry per frame of an animation. Each of the `notes` is a sentence about a
    part of the file that is not kept. `credits` are the texts of EXIF's Artist and Copyright by their tags.

    `decoder_bytes` is the memory that the decoder needs at once and cannot put on disk; 0 if it needs little.
    `most_decoder_bytes` is the same for the version of the library that needs most. `is_opaque` marks a file with a
    further channel that is not alpha although the decoder takes it for alpha. `colour` are the code points of a file
    that has no ICC profile to override them.
    """

    width: int
    height: int
    frames: int
    pixels: int
    orientation: int = 1
    loop_count: int = 1
    durations_ms: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    credits: Mapping[int, bytes] = field(default_factory=dict)
    decoder_bytes: int = 0
    most_decoder_bytes: int = 0
    is_opaque: bool = False
    colour: CodedColour | None = None

    def as_still(self, note: str) -> Self:
        """The structure of the same file without its animation; `note` is the reason."""
        pixels, notes = self.width * self.height, (*self.notes, note)
        return replace(self, frames=1, pixels=pixels, loop_count=1, durations_ms=(), notes=notes)


def still(
    width: int,
    height: int,
    orientation: int = 1,
    notes: tuple[str, ...] = (),
    credits: Mapping[int, bytes] | None = None,  # noqa: A002 - the field's name
) -> Structure:
    """The structure of a still picture."""
    return Structure(width, height, 1, width * height, orientation, notes=notes, credits=credits or {})
