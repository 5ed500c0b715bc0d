"""What a walk through a file finds out about its picture."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from imagejobs.conversion.formats.coded_colour import CodedColour

BYTES_PER_PIXEL = 8
"""Of a decoded picture: four channels of 16 bits."""


@dataclass(frozen=True, slots=True)
class Structure:
    """Width and height in pixels as the decoder gives them, before `orientation` (EXIF, 1 to 8) is applied.

    `pixels` is what decoding costs, all frames summed. `loop_count` says how often an animation plays, 0 being for
    ever; `durations_ms` has one entry per frame of an animation. `notes` says in a sentence each what of the file is
    not kept; `credits` are the texts of EXIF's Artist and Copyright by their tags. `decoder_bytes` is
    what decoding holds in memory at once, where that is much and cannot be put on disk; `most_decoder_bytes` is
    what the costliest version of the library takes, where versions differ. `is_opaque` is for a file whose
    further channel the decoder takes for alpha, and that says itself that it is none. `colour` is for a file that names
    its colours by code points, and has no ICC profile that overrides them.
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
        """The same file without its animation, and why."""
        pixels, notes = self.width * self.height, (*self.notes, note)
        return replace(self, frames=1, pixels=pixels, loop_count=1, durations_ms=(), notes=notes)


def still(
    width: int,
    height: int,
    orientation: int = 1,
    notes: tuple[str, ...] = (),
    credits: Mapping[int, bytes] | None = None,  # noqa: A002 - the field's name
) -> Structure:
    """The structure of a picture that does not move."""
    return Structure(width, height, 1, width * height, orientation, notes=notes, credits=credits or {})
