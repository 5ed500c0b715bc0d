"""How a HEIF's samples are coded, for what decoding them takes (ISO/IEC 14496-15, 8.3.3.1; AV1 in ISOBMFF, 2.3)."""

from collections.abc import Sequence

from imagejobs.conversion.formats.heif.items import Item

_PLAIN, _DEEP_OR_FULL = 9, 18
"""Bytes a pixel of libheif 1.15 and the decoders below it: 8 bits with shared colour samples, and anything more.
Measured with 50 megapixels within 600 MB."""
_HVCC_BYTES, _AV1C_BYTES = 19, 4


def decoder_bytes_per_pixel(items: Sequence[Item]) -> int:
    """The most that any of the coded items takes."""
    return max((_bytes(box.kind, box.data) for item in items for box in item.properties), default=_PLAIN)


def _bytes(kind: bytes, data: bytes) -> int:
    if kind == b"hvcC" and len(data) >= _HVCC_BYTES:
        deep = data[17] & 0x07 or data[18] & 0x07
        return _DEEP_OR_FULL if deep else _PLAIN
    if kind == b"av1C" and len(data) >= _AV1C_BYTES:
        deep, shared = data[2] & 0x40, data[2] & 0x08
        return _PLAIN if shared and not deep else _DEEP_OR_FULL
    return _PLAIN
