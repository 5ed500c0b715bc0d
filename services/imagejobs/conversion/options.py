"""The options of a conversion."""

from dataclasses import dataclass
from typing import Literal

from imagejobs.value_ranges import LEAST_QUALITY, LEAST_SSIM, MAX_RENDITIONS, MOST_QUALITY, MOST_SSIM, WEBP_MAX_SIDE

AUTO: Literal["auto"] = "auto"


@dataclass(frozen=True, slots=True)
class Options:
    """The limits of a source, and the options of the output. See docs/reference/settings.md.

    The output's longer side has at most `max_side` pixels; `renditions` are the longer sides of smaller outputs.
    `quality` is libwebp's, 1 to 99, or `auto` for the lowest one whose SSIM is at least `target_ssim`. `method` is
    libwebp's effort, 0 to 6. `max_bytes` limits the source's file, `max_pixels` the pixels of all its frames together,
    `max_frames` their number, and `max_decoding_bytes` the memory that decoding takes.
    """

    max_side: int = 1920
    renditions: tuple[int, ...] = ()
    quality: int | Literal["auto"] = 80
    target_ssim: float = 0.98
    method: int = 4
    max_bytes: int = 25_000_000
    max_pixels: int = 52_000_000
    max_frames: int = 300
    max_decoding_bytes: int = 500_000_000

    def __post_init__(self) -> None:
        """Raises ValueError for a value outside the range that WebP and ImageMagick support."""
        for side in self.sides:
            _check("max_side and renditions", side, 1, WEBP_MAX_SIDE)
        _check("number of renditions", len(self.sides), 1, MAX_RENDITIONS)
        if self.quality != AUTO:
            _check("quality", self.quality, LEAST_QUALITY, MOST_QUALITY)
        _check("target_ssim", self.target_ssim, LEAST_SSIM, MOST_SSIM)
        _check("method", self.method, 0, 6)

    @property
    def sides(self) -> tuple[int, ...]:
        """The longer side of every rendition, largest first, each once, and at most `max_side`."""
        smaller = {side for side in self.renditions if side < self.max_side}
        return (self.max_side, *sorted(smaller, reverse=True))


def _check(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ValueError(f"{name} is {value}; choose {low} to {high}")
