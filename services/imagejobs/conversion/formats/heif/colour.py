"""The colours of a HEIC or AVIF picture: `colr`, `clli` and `mdcv` (ISO/IEC 14496-12, 12.1.5 to 12.1.7)."""

from collections.abc import Sequence

from imagejobs.conversion.formats.coded_colour import (
    BT709,
    KNOWN_PRIMARIES,
    KNOWN_TRANSFERS,
    SRGB_CURVE,
    UNSPECIFIED,
    CodedColour,
    mastering_peak,
)
from imagejobs.conversion.formats.heif.boxes import Box, Cursor
from imagejobs.conversion.formats.heif.items import Item

_ICC = frozenset({b"prof", b"rICC"})
_NUMBERS = b"nclx"


def embedded_profile(items: Sequence[Item]) -> bytes | None:
    """The ICC profile of the first of these items that has one."""
    return next((box.data[4:] for item in items for box in item.properties if is_embedded_profile(box)), None)


def is_embedded_profile(box: Box) -> bool:
    """Whether a property is an ICC profile."""
    return box.kind == b"colr" and box.data[:4] in _ICC


def coded_colour(items: Sequence[Item]) -> CodedColour | None:
    """The code points of the first of these items that has any; None if a code point is unknown.

    Also None if an item has an ICC profile, which overrides code points, as in libavif and browsers. Unspecified means
    sRGB. Matrix and range are not needed: the decoder returns RGB, or YCbCr in full range.
    """
    numbers = next((data for data in _properties(items, b"colr") if data[:4] == _NUMBERS), None)
    if numbers is None or embedded_profile(items) is not None:
        return None
    cursor = Cursor(numbers, 4)
    primaries, transfer = cursor.uint(2), cursor.uint(2)
    primaries = BT709 if primaries == UNSPECIFIED else primaries
    transfer = SRGB_CURVE if transfer == UNSPECIFIED else transfer
    if primaries not in KNOWN_PRIMARIES or transfer not in KNOWN_TRANSFERS:
        return None
    return CodedColour(primaries, transfer, peak=_peak(items))


def _peak(items: Sequence[Item]) -> float:
    """The maximum content light level, or else the peak of the mastering display, in cd/m2."""
    content = max((int.from_bytes(data[:2], "big") for data in _properties(items, b"clli")), default=0)
    return content or max(map(mastering_peak, _properties(items, b"mdcv")), default=0)


def _properties(items: Sequence[Item], kind: bytes) -> list[bytes]:
    return [box.data for item in items for box in item.properties if box.kind == kind]
