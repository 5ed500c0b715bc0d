"""The memory for decoding a HEIF, by the coding of its samples (ISO/IEC 14496-15, 8.3.3.1; AV1 in ISOBMFF, 2.3)."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from imagejobs.conversion.formats.heif.items import Item

_HVCC_BYTES, _AV1C_BYTES = 19, 4
_GREY, _QUARTER, _HALF, _FULL = "4:0:0", "4:2:0", "4:2:2", "4:4:4"
_HEVC_CHROMA = (_GREY, _QUARTER, _HALF, _FULL)


class Bytes(NamedTuple):
    """Bytes a pixel, in addition to ImageMagick's 8: the least and the most of any library version."""

    least: float
    most: float


Layout = tuple[str, str, bool]
"""The codec, the chroma subsampling, and whether a sample has more than 8 bits."""
_MEASURED: Mapping[Layout, Bytes] = {
    ("AV1", _GREY, False): Bytes(7.4, 15.3),
    ("AV1", _QUARTER, False): Bytes(9.6, 15.8),
    ("AV1", _HALF, False): Bytes(11.7, 16.8),
    ("AV1", _FULL, False): Bytes(16.0, 18.8),
    ("AV1", _GREY, True): Bytes(14.9, 18.8),
    ("AV1", _QUARTER, True): Bytes(16.1, 19.2),
    ("AV1", _HALF, True): Bytes(20.2, 21.5),
    ("AV1", _FULL, True): Bytes(24.9, 29.0),
    ("HEVC", _GREY, False): Bytes(4.0, 5.7),
    ("HEVC", _QUARTER, False): Bytes(4.5, 4.8),
    ("HEVC", _HALF, False): Bytes(5.5, 8.2),
    ("HEVC", _FULL, False): Bytes(7.3, 9.1),
    ("HEVC", _GREY, True): Bytes(11.2, 17.6),
    ("HEVC", _QUARTER, True): Bytes(9.0, 15.5),
    ("HEVC", _HALF, True): Bytes(16.0, 16.8),
    ("HEVC", _FULL, True): Bytes(14.6, 18.3),
}
"""With libheif 1.15 (dav1d 1.0 on two processors, libde265 1.0.11) and 1.23 (aom 3.12, libde265 1.0.15), pictures of 4
and 16 megapixels, 8, 10 and 12 bits; the table in docs/reference/conversion.md has them one by one."""
_UNKNOWN = Bytes(4.5, 9.1)


def decoder_bytes_per_pixel(items: Sequence[Item]) -> Bytes:
    """The bytes a pixel of the costliest of these coded items."""
    found = [bytes_ for item in items if (bytes_ := _bytes(item))]
    return max(found, default=_UNKNOWN)


def _bytes(item: Item) -> Bytes | None:
    layouts = (_layout(box.kind, box.data) for box in item.properties)
    return next((_MEASURED[layout] for layout in layouts if layout), None)


def _layout(kind: bytes, data: bytes) -> Layout | None:
    if kind == b"hvcC" and len(data) >= _HVCC_BYTES:
        return "HEVC", _HEVC_CHROMA[data[16] & 0x03], bool(data[17] & 0x07 or data[18] & 0x07)
    if kind == b"av1C" and len(data) >= _AV1C_BYTES:
        return "AV1", _av1_chroma(data[2]), bool(data[2] & 0x40)
    return None


def _av1_chroma(flags: int) -> str:
    if flags & 0x10:
        return _GREY
    across, down = flags & 0x08, flags & 0x04
    return _QUARTER if across and down else _HALF if across else _FULL
