"""The colour coding of a YCbCr page (TIFF 6.0, section 21, and ReferenceBlackWhite in section 20)."""

from dataclasses import dataclass

from imagejobs.conversion.errors import corrupt
from imagejobs.conversion.formats.tiff import tags
from imagejobs.conversion.formats.tiff.directory import Directory

_REC_601 = (0.299, 0.587, 0.114)


@dataclass(frozen=True, slots=True)
class Chroma:
    """The shares of red, green and blue in luma, and the zero and the scale of each component.

    (value - zero) * scale is 0 to 255 for luma and -127 to 127 for Cb and Cr; values have 8 bits.
    """

    shares: tuple[float, ...]
    zeros: tuple[float, ...]
    scales: tuple[float, ...]


def read_chroma(page: Directory, bits: int) -> Chroma:
    """The colour coding of a page. Raises ConversionError `corrupt` if no colour can be calculated from it."""
    shares = page.fractions(tags.LUMA_COEFFICIENTS, _REC_601)
    top, middle = float((1 << bits) - 1), float(1 << bits >> 1)
    reference = page.fractions(tags.REFERENCE_BLACK_WHITE, (0.0, top, middle, top, middle, top))
    black, white = ([value * 255 / top for value in reference[start::2]] for start in (0, 1))
    if not shares[1] or any(low == high for low, high in zip(black, white, strict=True)):
        raise corrupt("The TIFF has YCbCr coefficients from which no colour can be calculated")
    extents = zip((255, 127, 127), black, white, strict=True)
    return Chroma(shares, tuple(black), tuple(extent / (high - low) for extent, low, high in extents))
