"""What the caller may choose."""

from dataclasses import dataclass
from typing import Literal

from imagejobs.value_ranges import LEAST_QUALITY, LEAST_SSIM, MAX_RENDITIONS, MOST_QUALITY, MOST_SSIM, WEBP_MAX_SIDE

AUTO: Literal["auto"] = "auto"


@dataclass(frozen=True, slots=True)
class Options:
    """The limits of a source, and the options of the output. See docs/reference/settings.md.

    `max_side` is in pixels of the output, `renditions` are the sides of further, smaller ones; `quality` is libwebp's,
    1 to 99 (100 would mean lossless to ImageMagick), or `auto`: the lowest one whose SSIM meets `target_ssim`.
    `method` is libwebp's effort, 0 to 6; `max_bytes` counts the source file; `max_pixels` the sum over its frames,
    `max_decoding_bytes` the memory that decoding it takes.
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
        """Raises ValueError for what WebP or ImageMagick cannot do."""
        for side in self.sides:
            _check("max_side and renditions", side, 1, WEBP_MAX_SIDE)
        _check("number of renditions", len(self.sides), 1, MAX_RENDITIONS)
        if self.quality != AUTO:
            _check("quality", self.quality, LEAST_QUALITY, MOST_QUALITY)
        _check("target_ssim", self.target_ssim, LEAST_SSIM, MOST_SSIM)
        _check("method", self.method, 0, 6)

    @property
    def sides(self) -> tuple[int, ...]:
        """The side of every output, largest first, each once. `max_side` bounds them all."""
        smaller = {side for side in self.renditions if side < self.max_side}
        return (self.max_side, *sorted(smaller, reverse=True))


def _check(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ValueError(f"{name} is {value}; choose {low} to {high}")
