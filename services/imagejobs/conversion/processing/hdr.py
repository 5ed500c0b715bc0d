"""Tone mapping of HDR frames to SDR, some rows at a time."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from imagejobs.conversion.formats.coded_colour import CodedColour
from imagejobs.conversion.magick.image import MagickImage
from imagejobs.conversion.magick.machine_room import has_memory

if TYPE_CHECKING:
    from imagejobs.conversion.colour.tone_map import ToneMap

_PIXELS = 1 << 16
"""Converted at a time, because numpy needs about 200 bytes for each."""
_WORKING_BYTES = 160_000_000
"""For numpy and the pixels at work. Without enough memory numpy's OpenBLAS would end the process."""


class HdrMapping:
    """Maps the frames of one source to sRGB. The brightness of the first frame decides the curve for all."""

    def __init__(self, colour: CodedColour) -> None:
        self.colour = colour
        self._tone_map: ToneMap | None = None

    def apply(self, frame: MagickImage) -> None:
        """Convert a frame in place, with 16 bits a channel. Raises MemoryError if numpy cannot be loaded."""
        frame.convert_to_srgb()
        if self._tone_map is None:
            self._tone_map = _measured(frame, self.colour)
        for top, count in _strips(frame):
            mapped = self._tone_map.convert(frame.export_rows("RGB", top, count))
            frame.import_rows("RGB", top, count, mapped)


def _measured(frame: MagickImage, colour: CodedColour) -> "ToneMap":
    if "numpy" not in sys.modules and not has_memory(_WORKING_BYTES):
        raise MemoryError
    from imagejobs.conversion.colour.tone_map import ToneMap  # noqa: PLC0415 - loads numpy, which only HDR needs

    tone_map = ToneMap(colour)
    for top, count in _strips(frame):
        alpha = frame.export_rows("A", top, count) if frame.alpha_channel else None
        tone_map.measure(frame.export_rows("RGB", top, count), alpha)
    return tone_map


def _strips(frame: MagickImage) -> Iterator[tuple[int, int]]:
    """The first row and the number of rows of each strip."""
    rows = max(_PIXELS // frame.width, 1)
    return ((top, min(rows, frame.height - top)) for top in range(0, frame.height, rows))
