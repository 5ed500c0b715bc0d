"""The ICC profile of a JPEG, which may be in several APP2 segments (ICC.1:2022, annex B.4)."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from imagejobs.conversion.formats.jpeg.segments import APP2, Segment

_IDENTIFIER = b"ICC_PROFILE\0"
_HEADER_BYTES = len(_IDENTIFIER) + 2
_MAX_PART = 0xFFFF - 2 - _HEADER_BYTES
_MAX_PARTS = 255
_SIZE_BYTES = 4


@dataclass(frozen=True, slots=True)
class ProfilePart:
    """A part of the profile, with its number and the number of parts as its segment states them."""

    number: int
    total: int
    data: bytes


def profile_part(segment: Segment) -> ProfilePart | None:
    """The part that this segment holds, None for any other segment."""
    if segment.marker != APP2 or not segment.payload.startswith(_IDENTIFIER) or len(segment.payload) < _HEADER_BYTES:
        return None
    number, total = segment.payload[len(_IDENTIFIER) : _HEADER_BYTES]
    return ProfilePart(number, total, segment.payload[_HEADER_BYTES:])


def is_in_order(parts: Sequence[ProfilePart]) -> bool:
    """Whether the parts are numbered from 1 in the order of the file, as the standard demands."""
    return [(part.number, part.total) for part in parts] == [(n + 1, len(parts)) for n in range(len(parts))]


def join(parts: Sequence[ProfilePart]) -> bytes:
    """The profile, joined in the order of the numbers; empty if parts are missing: libjpeg and Pillow ignore it, too.

    A repeated part counts once. Numbers from 0 and wrong totals are accepted: the header of the profile has its length.
    """
    different = list(dict.fromkeys((part.number, part.data) for part in parts))
    profile = b"".join(data for _, data in sorted(different, key=lambda part: part[0]))
    return profile if len(profile) >= max(_SIZE_BYTES, int.from_bytes(profile[:_SIZE_BYTES], "big")) else b""


def write(profile: bytes) -> bytes:
    """The segments of a profile; empty if the profile is too long for them."""
    parts = [profile[at : at + _MAX_PART] for at in range(0, len(profile), _MAX_PART)]
    if len(parts) > _MAX_PARTS:
        return b""
    return b"".join(
        struct.pack(">BBH", 0xFF, APP2, 2 + _HEADER_BYTES + len(part)) + _IDENTIFIER + bytes([n + 1, len(parts)]) + part
        for n, part in enumerate(parts)
    )
