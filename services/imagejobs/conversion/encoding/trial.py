"""The encodings of a WebP, and the result of trying one."""

from dataclasses import dataclass
from enum import StrEnum


class Encoding(StrEnum):
    """How a WebP codes its pixels. MIXED is for an animation whose frames have different encodings."""

    LOSSY = "lossy"
    NEAR_LOSSLESS = "nearLossless"
    LOSSLESS = "lossless"
    MIXED = "mixed"


@dataclass(frozen=True, slots=True)
class Trial:
    """An encoding that was tried, and the bytes of the picture in it, summed over all frames."""

    encoding: Encoding
    quality: int
    bytes: int
