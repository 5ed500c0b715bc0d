"""The ways of encoding a WebP, and what a try of one came to."""

from dataclasses import dataclass
from enum import StrEnum


class Encoding(StrEnum):
    """How a WebP repeats its pixels; MIXED is an animation that has frames of several kinds."""

    LOSSY = "lossy"
    NEAR_LOSSLESS = "nearLossless"
    LOSSLESS = "lossless"
    MIXED = "mixed"


@dataclass(frozen=True, slots=True)
class Trial:
    """An encoding that was tried, and the bytes that the picture has in it, all frames together."""

    encoding: Encoding
    quality: int
    bytes: int
