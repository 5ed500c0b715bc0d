"""The few fields of EXIF that matter here, read from its TIFF structure (CIPA DC-008, TIFF 6.0)."""

import struct

_ORIENTATION = 0x0112
_SHORT = 3
MAX_EXIF_BYTES = 1 << 16
"""No more is read: a JPEG segment holds no more, and the first directory stands at the beginning."""


def orientation(exif: bytes) -> int:
    """The orientation, 1 to 8; 1 for EXIF that has none, an impossible one, or is damaged."""
    exif = exif.removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    try:
        return _find_orientation(exif, order) if order else 1
    except struct.error:
        return 1


def _find_orientation(exif: bytes, order: str) -> int:
    (directory,) = struct.unpack_from(f"{order}I", exif, 4)
    (count,) = struct.unpack_from(f"{order}H", exif, directory)
    for index in range(count):
        tag, kind, _, value = struct.unpack_from(f"{order}HHIH", exif, directory + 2 + 12 * index)
        if tag == _ORIENTATION:
            return value if kind == _SHORT and 1 <= value <= 8 else 1
    return 1
