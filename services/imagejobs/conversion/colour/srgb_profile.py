"""An ICC profile of sRGB, built from the standard's numbers, so that none has to be shipped or found on the machine."""

import struct
from collections.abc import Callable
from functools import cache

from imagejobs.conversion.colour.primaries import D50, Colorants

COLORANTS = {"r": (0.43607, 0.22249, 0.01392), "g": (0.38515, 0.71687, 0.09708), "b": (0.14307, 0.06061, 0.71410)}
"""The primaries of IEC 61966-2-1 adapted from D65 to D50 by the Bradford matrix, as XYZ."""
_CURVE_POINTS = 1024


def decode(value: float) -> float:
    """The transfer function of IEC 61966-2-1: encoded 0 to 1 to linear 0 to 1."""
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


Curve = Callable[[float], float]
"""From encoded 0 to 1 to linear 0 to 1."""


@cache
def srgb_profile() -> bytes:
    """The ICC profile of sRGB."""
    return display_profile("sRGB", COLORANTS)


def display_profile(description: str, colorants: Colorants, decode: Curve = decode) -> bytes:
    """A matrix and curve display profile, version 2.1 (ICC.1:2001-04, 6.3.1.2), which every CMM reads.

    `colorants` are the XYZ of red, green and blue adapted to D50, under the keys r, g and b; the curve of all three is
    sRGB's unless another is given. The description is ASCII.
    """
    curve = _table(decode)
    tags = {
        b"desc": _description(description.encode("ascii")),
        b"cprt": b"text\0\0\0\0No copyright, use freely\0",
        b"wtpt": _xyz(D50),
        **{f"{name}XYZ".encode(): _xyz(value) for name, value in colorants.items()},
        **{f"{name}TRC".encode(): curve for name in colorants},
    }
    return _assemble(tags)


def _assemble(tags: dict[bytes, bytes]) -> bytes:
    """Header, tag table and data; equal data is stored once (6.2 allows tags to share it)."""
    start = 128 + 4 + 12 * len(tags)
    data, table, offsets = b"", struct.pack(">I", len(tags)), dict[bytes, int]()
    for name, value in tags.items():
        if value not in offsets:
            offsets[value] = start + len(data)
            data += value + bytes(-len(value) % 4)
        table += struct.pack(">4sII", name, offsets[value], len(value))
    return _header(start + len(data)) + table + data


def _header(size: int) -> bytes:
    date = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)
    head = struct.pack(">I4sI4s4s4s", size, bytes(4), 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    return (head + date + b"acsp").ljust(68, b"\0") + _xyz(D50)[8:] + bytes(48)


def _table(decode: Curve) -> bytes:
    last = _CURVE_POINTS - 1
    points = (round(decode(index / last) * 0xFFFF) for index in range(_CURVE_POINTS))
    return struct.pack(f">4sII{_CURVE_POINTS}H", b"curv", 0, _CURVE_POINTS, *points)


def _xyz(values: tuple[float, float, float]) -> bytes:
    return struct.pack(">4sI3i", b"XYZ ", 0, *(round(value * 65536) for value in values))


def _description(text: bytes) -> bytes:
    """textDescriptionType (6.5.17) with neither Unicode nor ScriptCode."""
    return struct.pack(">4sII", b"desc", 0, len(text) + 1) + text + bytes(1 + 8 + 3 + 67)
