"""Write ICC profiles of RGB, grey and CMYK devices, version 2.1 (ICC.1:2001-04)."""

import struct
from collections.abc import Callable, Mapping
from itertools import product

import numpy as np
from measures.colour_science import D50, RgbSpace, Values, d65_to_d50, srgb_to_linear, xyz_to_lab

_GRID = 9
"""Points per ink in the lookup table."""


def rgb_profile(space: RgbSpace) -> bytes:
    """A display profile with a matrix and a curve."""
    colorants = d65_to_d50(space.to_xyz.T)
    tags = {f"{name}XYZ".encode(): _xyz(row) for name, row in zip("rgb", colorants, strict=True)}
    return _profile(
        b"mntr", b"RGB ", b"XYZ ", space.name, tags | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), _curve(space.gamma))
    )


def coded_profile(primaries: int, transfer: int) -> bytes:
    """A display profile whose cicp tag gives the colour space, which its matrix and curve do not (ICC.1:2022, 10.3)."""
    colorants = np.diag(D50)
    tags = {f"{name}XYZ".encode(): _xyz(row) for name, row in zip("rgb", colorants, strict=True)}
    cicp = {b"cicp": struct.pack(">4s4x4B", b"cicp", primaries, transfer, 0, 1)}
    curves = dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), _curve(4.0))
    return _profile(b"mntr", b"RGB ", b"XYZ ", "Code points", tags | curves | cicp)


def grey_profile(gamma: float) -> bytes:
    """A grey display profile, which has only a curve."""
    return _profile(b"mntr", b"GRAY", b"XYZ ", f"Grey {gamma}", {b"kTRC": _curve(gamma)})


def ink_profile(look: Callable[[Values], Values]) -> bytes:
    """A CMYK printer profile. `look` maps inks of 0 to 1 (last axis) to XYZ under D50."""
    inks = np.array(list(product(np.linspace(0, 1, _GRID), repeat=4)))
    encoded = (xyz_to_lab(look(inks)) + np.array([0, 128, 128])) * np.array([652.8, 256, 256])
    table = np.clip(np.rint(encoded), 0, 0xFFFF).astype(">u2").tobytes()
    head = struct.pack(">4sI4B9iHH", b"mft2", 0, 4, 3, _GRID, 0, *(65536, 0, 0, 0, 65536, 0, 0, 0, 65536), 2, 2)
    line = struct.pack(">2H", 0, 0xFFFF)
    return _profile(b"prtr", b"CMYK", b"Lab ", "Test inks", {b"A2B0": head + line * 4 + table + line * 3})


def _profile(kind: bytes, colours: bytes, connection: bytes, name: str, tags: Mapping[bytes, bytes]) -> bytes:
    title = name.encode("ascii")
    description = struct.pack(">4sII", b"desc", 0, len(title) + 1) + title + bytes(79)
    every = {b"desc": description, b"cprt": b"text\0\0\0\0free\0", b"wtpt": _xyz(D50), **tags}
    start = 132 + 12 * len(every)
    table, data = struct.pack(">I", len(every)), b""
    for tag, value in every.items():
        table += struct.pack(">4sII", tag, start + len(data), len(value))
        data += value + bytes(-len(value) % 4)
    head = struct.pack(">I4xI4s4s4s", start + len(data), 0x02100000, kind, colours, connection)
    head += struct.pack(">6H4s", 2000, 1, 1, 0, 0, 0, b"acsp")
    return head.ljust(68, b"\0") + _xyz(D50)[8:] + bytes(48) + table + data


def _curve(gamma: float) -> bytes:
    if gamma:
        return struct.pack(">4sIIH", b"curv", 0, 1, round(gamma * 256))
    points = np.rint(srgb_to_linear(np.linspace(0, 1, 4096)) * 0xFFFF).astype(">u2")
    return struct.pack(">4sII", b"curv", 0, len(points)) + points.tobytes()


def _xyz(values: Values) -> bytes:
    return struct.pack(">4sI3i", b"XYZ ", 0, *np.rint(np.asarray(values) * 65536).astype(int))
