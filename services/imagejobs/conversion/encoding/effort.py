"""How a picture is to be encoded, and how much time and memory that may take."""

from dataclasses import dataclass, replace
from typing import Self

NARROW = 16
"""Pictures whose shorter side has at most so many pixels are never lossy. VP8 keeps one colour for 2 x 2 pixels and
codes blocks of 16, so a few columns blur into each other and into the padding. The mean error (CIE76) of a gradient at
quality 80 is 40 for 2 pixels, 15 for 3, and 3 for 16."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How a picture is encoded: libwebp's `quality` for lossy coding and its `method`, 0 to 6.

    With `weigh`, lossless coding is tried too for pictures that look flat, unless it takes more than `memory_bytes`.
    `thorough` spends more time on lossless coding, for stills. If every encoding has more than `ceiling` bytes, lower
    qualities are tried. `lossy` is false for NARROW pictures.
    """

    quality: int
    method: int
    weigh: bool
    thorough: bool = True
    memory_bytes: int = 500_000_000
    ceiling: int | None = None
    lossy: bool = True

    def for_size(self, size: tuple[int, int]) -> Self:
        """The same effort for a picture of this width and height."""
        return replace(self, lossy=min(size) > NARROW)
