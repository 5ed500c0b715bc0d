"""What the chunks of a PNG say about its colours (W3C PNG, third edition, 4.3 and 11.3.2)."""

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile

from imagejobs.conversion.formats.coded_colour import KNOWN_PRIMARIES, KNOWN_TRANSFERS, CodedColour, mastering_peak
from imagejobs.conversion.formats.png.chunks import chunks

CODE_POINTS, MASTERING, LIGHT_LEVEL = b"cICP", b"mDCV", b"cLLI"
CODED_CHUNKS = frozenset({CODE_POINTS, MASTERING, LIGHT_LEVEL})
MAX_CODED_BYTES = 24
"""The length of the longest of them, mDCV."""
_PROFILE, _SRGB, _GAMMA, _CHROMATICITIES = b"iCCP", b"sRGB", b"gAMA", b"cHRM"
COLOUR_CHUNKS = CODED_CHUNKS | {_PROFILE, _SRGB, _GAMMA, _CHROMATICITIES}
_PICTURE = b"IDAT"
_MAX_PROFILE_BYTES = 8 << 20
_HUNDRED_THOUSANDTHS = 100_000
_TEN_THOUSANDTHS = 10_000


@dataclass(frozen=True, slots=True)
class ColourChunks:
    """`coded` are the code points of cICP. `profile` and `chromaticities` are empty if absent; `gamma` is 0 if absent.

    `gamma` is the exponent from linear to encoded; `chromaticities` are x and y of white, red, green and blue.
    """

    coded: CodedColour | None
    profile: bytes
    is_srgb: bool
    gamma: float
    chromaticities: tuple[float, ...]


def coded_colour(found: Mapping[bytes, bytes]) -> CodedColour | None:
    """The colours that cICP, cLLI and mDCV name; None without cICP, and for unknown code points (11.3.2.6).

    The matrix has to be 0, since the samples of a PNG are RGB.
    """
    numbers = found.get(CODE_POINTS, b"")
    if len(numbers) != 4:
        return None
    primaries, transfer, matrix, full_range = numbers
    if primaries not in KNOWN_PRIMARIES or transfer not in KNOWN_TRANSFERS or matrix:
        return None
    return CodedColour(primaries, transfer, bool(full_range), _peak(found))


def _peak(found: Mapping[bytes, bytes]) -> float:
    """The maximum content light level, or else the peak of the mastering display, in cd/m2."""
    level = found.get(LIGHT_LEVEL, b"")
    content = int.from_bytes(level[:4], "big") / _TEN_THOUSANDTHS if len(level) == 8 else 0
    return content or mastering_peak(found.get(MASTERING, b""))


def read_colour_chunks(source: bytes) -> ColourChunks:
    """The colour chunks of a file that was probed. A damaged chunk, or one after the picture, counts as absent."""
    found = dict[bytes, bytes]()
    for part in takewhile(lambda part: part.kind != _PICTURE, chunks(source)):
        if part.kind in COLOUR_CHUNKS and part.is_intact:
            found.setdefault(part.kind, bytes(part.data))
    return ColourChunks(
        coded=coded_colour(found),
        profile=_profile(found.get(_PROFILE, b"")),
        is_srgb=len(found.get(_SRGB, b"")) == 1,
        gamma=_gamma(found.get(_GAMMA, b"")),
        chromaticities=_chromaticities(found.get(_CHROMATICITIES, b"")),
    )


def _profile(data: bytes) -> bytes:
    """The ICC profile, which follows its name and the compression method (0)."""
    _, _, compressed = data.partition(b"\0")
    if compressed[:1] != b"\0":
        return b""
    decompressor = zlib.decompressobj()
    try:
        profile = decompressor.decompress(compressed[1:], _MAX_PROFILE_BYTES)
    except zlib.error:
        return b""
    return profile if decompressor.eof else b""


def _gamma(data: bytes) -> float:
    return int.from_bytes(data, "big") / _HUNDRED_THOUSANDTHS if len(data) == 4 else 0


def _chromaticities(data: bytes) -> tuple[float, ...]:
    return tuple(value / _HUNDRED_THOUSANDTHS for value in struct.unpack(">8I", data)) if len(data) == 32 else ()
