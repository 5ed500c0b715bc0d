"""Reading an ICC profile: its description, and whether it is sRGB, by its numbers, or HDR (ICC.1:2022)."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from imagejobs.conversion.colour.srgb_profile import COLORANTS, decode
from imagejobs.conversion.formats.coded_colour import KNOWN_PRIMARIES, CodedColour

_MAX_TAGS = 200
_COLORANT_TOLERANCE = 0.003
_CURVE_TOLERANCE = 0.002
"""Distinguishes the curve of sRGB from gamma 2.2, which differs by 0.0035 at 0.5; one step of 8 bits is 0.004."""
_SAMPLES = (0.1, 0.25, 0.5, 0.75)
MAX_DESCRIPTION = 100


@dataclass(frozen=True, slots=True)
class IccProfile:
    """`color_space` is the header's signature, for example `RGB `; `description` may be empty; `hdr` is for PQ and HLG,
    which a profile names by code points.
    """

    color_space: str
    description: str
    is_srgb: bool
    hdr: CodedColour | None = None


def parse_icc(data: bytes) -> IccProfile | None:
    """The profile; None for bytes that are not a profile. A damaged tag counts as absent."""
    if len(data) < 132 or data[36:40] != b"acsp":
        return None
    tags = _read_tags(data)
    color_space = data[16:20].decode("ascii", "replace")
    is_rgb = color_space == "RGB "
    description = _read_text(tags.get(b"desc", b""))
    return IccProfile(color_space, description, is_rgb and _is_srgb(tags), _read_hdr(tags) if is_rgb else None)


def _read_tags(data: bytes) -> Mapping[bytes, bytes]:
    count = min(int.from_bytes(data[128:132], "big"), _MAX_TAGS, (len(data) - 132) // 12)
    entries = (struct.unpack_from(">4sII", data, 132 + 12 * index) for index in range(count))
    return {name: data[offset : offset + size] for name, offset, size in entries}


def _read_text(tag: bytes) -> str:
    """The first text of a multiLocalizedUnicodeType (version 4) or of a textDescriptionType (version 2)."""
    text = ""
    if tag[:4] == b"mluc" and len(tag) >= 28:
        length, offset = struct.unpack_from(">II", tag, 20)
        text = tag[offset : offset + length].decode("utf-16-be", "replace")
    elif tag[:4] == b"desc" and len(tag) >= 12:
        text = tag[12 : 12 + int.from_bytes(tag[8:12], "big")].decode("ascii", "replace")
    return "".join(c for c in text if c.isprintable()).strip()[:MAX_DESCRIPTION]


def _read_hdr(tags: Mapping[bytes, bytes]) -> CodedColour | None:
    """The cicpType (10.3), where it names PQ or HLG of RGB in full range."""
    tag = tags.get(b"cicp", b"")
    if len(tag) < 12 or tag[:4] != b"cicp":
        return None
    primaries, transfer, matrix, full_range = tag[8:12]
    colour = CodedColour(primaries, transfer)
    return colour if colour.is_hdr and primaries in KNOWN_PRIMARIES and not matrix and full_range else None


def _is_srgb(tags: Mapping[bytes, bytes]) -> bool:
    """Whether the primaries and the curves are sRGB's and no lookup table overrides them."""
    try:
        return b"A2B0" not in tags and all(
            _is_near(_read_xyz(tags[f"{name}XYZ".encode()]), expected, _COLORANT_TOLERANCE)
            and _is_near(_sample(tags[f"{name}TRC".encode()]), tuple(map(decode, _SAMPLES)), _CURVE_TOLERANCE)
            for name, expected in COLORANTS.items()
        )
    except (KeyError, struct.error, ArithmeticError, IndexError):
        return False


def _is_near(found: tuple[float, ...], expected: tuple[float, ...], tolerance: float) -> bool:
    return len(found) == len(expected) and all(abs(a - b) < tolerance for a, b in zip(found, expected, strict=True))


def _read_xyz(tag: bytes) -> tuple[float, ...]:
    return tuple(value / 65536 for value in struct.unpack_from(">3i", tag, 8))


def _sample(tag: bytes) -> tuple[float, ...]:
    """A curve's values at the sample points; empty for a kind that no sRGB profile uses."""
    if tag[:4] == b"curv":
        (count,) = struct.unpack_from(">I", tag, 8)
        points = struct.unpack_from(f">{min(count, 65536)}H", tag, 12)
        return tuple(_interpolate(points, at) for at in _SAMPLES) if count > 1 else ()
    if tag[:4] == b"para" and int.from_bytes(tag[8:10], "big") in {3, 4}:
        g, a, b, c, d = (value / 65536 for value in struct.unpack_from(">5i", tag, 12))
        return tuple((a * at + b) ** g if at >= d else c * at for at in _SAMPLES)
    return ()


def _interpolate(points: tuple[int, ...], at: float) -> float:
    position = at * (len(points) - 1)
    low = int(position)
    return (points[low] + (points[low + 1] - points[low]) * (position - low)) / 65535
