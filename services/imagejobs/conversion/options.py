"""What the caller may choose."""

from dataclasses import dataclass

WEBP_MAX_SIDE = 16383
"""Pixels a side: the VP8 frame header and VP8L header hold 14 bits (RFC 6386, 9.1; RFC 9649, 3.4)."""


@dataclass(frozen=True, slots=True)
class Options:
    """Limits for the source and wishes for the output; the defaults and their reasons are in the README.

    `max_side` is in pixels of the output; `quality` is libwebp's, 1 to 99 (100 would mean lossless to ImageMagick);
    `method` is libwebp's effort, 0 to 6; `max_bytes` counts the source file; `max_pixels` the sum over its frames.
    """

    max_side: int = 1920
    quality: int = 80
    method: int = 4
    max_bytes: int = 25_000_000
    max_pixels: int = 50_000_000
    max_frames: int = 300

    def __post_init__(self) -> None:
        """Raises ValueError for what WebP or ImageMagick cannot do."""
        _check("max_side", self.max_side, 1, WEBP_MAX_SIDE)
        _check("quality", self.quality, 1, 99)
        _check("method", self.method, 0, 6)


def _check(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise ValueError(f"{name} is {value}; choose {low} to {high}")
