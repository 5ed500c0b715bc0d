"""The colours of a HEIC or AVIF file, which ImageMagick 6 forgets: its `colr` boxes (ISO/IEC 14496-12, 12.1.5)."""

import io
from collections.abc import Mapping

from imagejobs.conversion.colour.srgb_profile import Colorants, display_profile
from imagejobs.conversion.formats.byte_reader import ByteReader
from imagejobs.conversion.formats.heif.boxes import Cursor
from imagejobs.conversion.formats.heif.structure import parts_of, read_file

_ICC = frozenset({b"prof", b"rICC"})
_NUMBERS = b"nclx"
_WIDE: Mapping[int, tuple[str, Colorants]] = {
    9: (
        "BT.2020",
        {
            "r": (0.67348, 0.27904, -0.00193),
            "g": (0.16566, 0.67534, 0.02998),
            "b": (0.12505, 0.04561, 0.79686),
        },
    ),
    12: (
        "Display P3",
        {
            "r": (0.51512, 0.24120, -0.00105),
            "g": (0.29198, 0.69225, 0.04189),
            "b": (0.15710, 0.06657, 0.78407),
        },
    ),
}
"""Primaries other than sRGB's by their number (ITU-T H.273), adapted to D50 by the Bradford matrix, as XYZ."""
_ORDINARY_CURVES = frozenset({1, 2, 6, 13, 14, 15})
"""Transfer characteristics that viewers show with sRGB's curve; not those of HDR, 16 and 18."""


def find_profile(source: bytes) -> bytes | None:
    """The ICC profile of a file that was probed, or one that is made for its primaries; None for sRGB and unknown."""
    _, items = read_file(ByteReader(io.BytesIO(source), "HEIF"), "HEIF")
    primary = items.find(items.primary)
    first_part = [items.find(number) for number in list(parts_of(primary))[:1]]
    colours = [box.data for item in (primary, *first_part) for box in item.properties if box.kind == b"colr"]
    embedded = (data[4:] for data in colours if data[:4] in _ICC)
    numbered = (_profile_of(Cursor(data, 4)) for data in colours if data[:4] == _NUMBERS)
    return next(embedded, None) or next(filter(None, numbered), None)


def _profile_of(numbers: Cursor) -> bytes | None:
    primaries, curve = numbers.uint(2), numbers.uint(2)
    if primaries not in _WIDE or curve not in _ORDINARY_CURVES:
        return None
    return display_profile(*_WIDE[primaries])
