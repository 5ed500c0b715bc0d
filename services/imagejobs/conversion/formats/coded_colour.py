"""Colours that a file names by code points (ITU-T H.273) instead of an ICC profile."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

PQ, HLG = 16, 18
"""The transfer functions of HDR (H.273, table 3; ITU-R BT.2100)."""
REFERENCE_WHITE = 203
"""Diffuse white of HDR in cd/m2 (Report ITU-R BT.2408), which becomes the white of sRGB."""
UNSPECIFIED = 2
BT709, SRGB_CURVE = 1, 13
KNOWN_PRIMARIES: AbstractSet[int] = frozenset({BT709, 4, 5, 6, 7, 8, 9, 10, 11, 12, 22})
KNOWN_TRANSFERS: AbstractSet[int] = frozenset({1, 4, 5, 6, 7, 8, 11, SRGB_CURVE, 14, 15, PQ, 17, HLG})
"""The code points that Chromium converts. A file with any other code point is shown as if it had none."""
_TEN_THOUSANDTHS = 10_000


@dataclass(frozen=True, slots=True)
class CodedColour:
    """`primaries` and `transfer` are code points of H.273, from KNOWN_PRIMARIES and KNOWN_TRANSFERS.

    `is_full_range` is false if black is 16 and white 235 of 255. `peak` is the brightest light of the picture in
    cd/m2, as the file announces it; 0 if it announces none.
    """

    primaries: int
    transfer: int
    is_full_range: bool = True
    peak: float = 0

    @property
    def is_hdr(self) -> bool:
        """Whether the picture has to be tone-mapped to be shown in sRGB."""
        return self.transfer in {PQ, HLG}


def mastering_peak(volume: bytes) -> float:
    """The maximum luminance, in cd/m2, of a mastering display colour volume (SMPTE ST 2086); 0 if bytes are missing.

    PNG (mDCV) and HEIF (mdcv) have the same layout: eight chromaticities of 2 bytes, maximum, minimum.
    """
    return int.from_bytes(volume[16:20], "big") / _TEN_THOUSANDTHS if len(volume) >= 24 else 0
