"""Splits animated WebP files into frames, and assembles them from frames (RFC 9649, 2.7).

ImageMagick can do both. But version 6.9.11 shifts the durations by one frame, drops the loop count, and blends frames
that should replace what is below them.
"""

import struct
from collections.abc import Iterator, Sequence

from imagejobs.conversion.errors import corrupt
from imagejobs.conversion.formats.animation_frame import AnimationFrame
from imagejobs.conversion.formats.webp.container import (
    HEADER_BYTES,
    PICTURE_CHUNKS,
    alpha_flag,
    chunk,
    chunks,
    extended_header,
    file_chunks,
    find_chunk,
    riff,
)

_ANIMATION = 0x02
_DISPOSE, _NO_BLEND = 0x01, 0x02
_FRAME_HEADER_BYTES = 16
MAX_DURATION_MS = 0xFFFFFF


def split_webp(data: bytes) -> Iterator[AnimationFrame]:
    """The frames of an animated WebP that `probe` accepted, each with the profile of the file.

    Raises ConversionError `corrupt`.
    """
    profile = find_chunk(data, b"ICCP") or b""
    return (_read_frame(payload, profile) for kind, payload in file_chunks(data) if kind == b"ANMF")


def assemble_animation(width: int, height: int, frames: Sequence[AnimationFrame], loop_count: int) -> bytes:
    """An animated WebP on a transparent canvas. It plays `loop_count` times; 0 means forever."""
    alpha = max(alpha_flag(chunks(frame.still)) for frame in frames)
    header = extended_header(width, height, _ANIMATION | alpha)
    animation = chunk(b"ANIM", bytes(4) + struct.pack("<H", loop_count))
    return riff(header + animation + b"".join(map(_frame_chunk, frames)))


def _read_frame(payload: bytes, profile: bytes) -> AnimationFrame:
    if len(payload) < _FRAME_HEADER_BYTES:
        raise corrupt("The WebP has a frame that is too short")
    x, y, width, height, duration = (_uint24(payload, at) for at in (0, 3, 6, 9, 12))
    picture = [(kind, data) for kind, data in chunks(payload, _FRAME_HEADER_BYTES) if kind in PICTURE_CHUNKS]
    body = b"".join(chunk(kind, data) for kind, data in picture)
    still = riff(extended_header(width + 1, height + 1, alpha_flag(picture)) + body)
    return AnimationFrame(
        x * 2,
        y * 2,
        width + 1,
        height + 1,
        duration,
        still,
        blend=not payload[15] & _NO_BLEND,
        dispose=bool(payload[15] & _DISPOSE),
        profile=profile,
    )


def _frame_chunk(frame: AnimationFrame) -> bytes:
    numbers = (frame.x // 2, frame.y // 2, frame.width - 1, frame.height - 1, min(frame.duration_ms, MAX_DURATION_MS))
    flags = (0 if frame.blend else _NO_BLEND) | (_DISPOSE if frame.dispose else 0)
    header = b"".join(number.to_bytes(3, "little") for number in numbers) + bytes([flags])
    picture = (chunk(kind, data) for kind, data in chunks(frame.still, HEADER_BYTES) if kind in PICTURE_CHUNKS)
    return chunk(b"ANMF", header + b"".join(picture))


def _uint24(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 3], "little")
