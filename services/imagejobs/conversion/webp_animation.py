"""Taking animated WebP files apart, and putting them together from stills (RFC 9649, 2.7).

ImageMagick can do both, but 6.9.11 shifts the durations by one frame, drops the loop count and ignores that a
frame may replace what is below it.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from imagejobs.conversion.errors import corrupt

_ANIMATION, _ALPHA = 0x02, 0x10
_DISPOSE, _NO_BLEND = 0x01, 0x02
_PICTURE_CHUNKS = frozenset({b"ALPH", b"VP8 ", b"VP8L"})
MAX_DURATION_MS = 0xFFFFFF


@dataclass(frozen=True, slots=True)
class WebPFrame:
    """A rectangle of the canvas. `still` is a WebP file of its own; `x` and `y` are even.

    With `blend` it is laid over what is there, otherwise it replaces it; with `dispose` its rectangle becomes
    transparent after it was shown.
    """

    x: int
    y: int
    width: int
    height: int
    duration_ms: int
    still: bytes
    blend: bool = False
    dispose: bool = False


def split_animation(data: bytes) -> list[WebPFrame]:
    """The frames of an animated WebP that `probe` accepted. Raises ConversionError `corrupt`."""
    return [_read_frame(payload) for kind, payload in _chunks(data, 12) if kind == b"ANMF"]


def find_profile(data: bytes) -> bytes | None:
    """The ICC profile of a WebP file."""
    return next((payload for kind, payload in _chunks(data, 12) if kind == b"ICCP"), None)


def assemble_animation(width: int, height: int, frames: Sequence[WebPFrame], loop_count: int) -> bytes:
    """An animated WebP on a transparent canvas; it plays `loop_count` times, 0 being for ever."""
    has_alpha = any(_has_alpha(list(_chunks(frame.still, 12))) for frame in frames)
    header = _extended_header(width, height, _ANIMATION | (_ALPHA if has_alpha else 0))
    animation = _chunk(b"ANIM", bytes(4) + struct.pack("<H", loop_count))
    return _riff(header + animation + b"".join(map(_frame_chunk, frames)))


def _read_frame(payload: bytes) -> WebPFrame:
    if len(payload) < 16:
        raise corrupt("The WebP has a frame that is too short")
    x, y, width, height, duration = (_uint24(payload, at) for at in (0, 3, 6, 9, 12))
    picture = [(kind, data) for kind, data in _chunks(payload, 16) if kind in _PICTURE_CHUNKS]
    flags = _ALPHA if _has_alpha(picture) else 0
    body = b"".join(_chunk(kind, data) for kind, data in picture)
    still = _riff(_extended_header(width + 1, height + 1, flags) + body)
    return WebPFrame(
        x * 2,
        y * 2,
        width + 1,
        height + 1,
        duration,
        still,
        blend=not payload[15] & _NO_BLEND,
        dispose=bool(payload[15] & _DISPOSE),
    )


def _frame_chunk(frame: WebPFrame) -> bytes:
    numbers = (frame.x // 2, frame.y // 2, frame.width - 1, frame.height - 1, min(frame.duration_ms, MAX_DURATION_MS))
    flags = (0 if frame.blend else _NO_BLEND) | (_DISPOSE if frame.dispose else 0)
    picture = b"".join(_chunk(kind, data) for kind, data in _chunks(frame.still, 12) if kind in _PICTURE_CHUNKS)
    return _chunk(b"ANMF", b"".join(number.to_bytes(3, "little") for number in numbers) + bytes([flags]) + picture)


def _has_alpha(picture: Sequence[tuple[bytes, bytes]]) -> bool:
    """An ALPH chunk, or the hint in VP8L's header (RFC 9649, 3.4)."""
    return any(kind == b"ALPH" or (kind == b"VP8L" and len(data) > 4 and data[4] & 0x10) for kind, data in picture)


def _extended_header(width: int, height: int, flags: int) -> bytes:
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return _chunk(b"VP8X", bytes([flags, 0, 0, 0]) + size)


def _chunks(data: bytes, start: int) -> Iterator[tuple[bytes, bytes]]:
    at = start
    while at + 8 <= len(data):
        kind, size = struct.unpack_from("<4sI", data, at)
        yield kind, data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _chunk(kind: bytes, payload: bytes) -> bytes:
    return struct.pack("<4sI", kind, len(payload)) + payload + bytes(len(payload) % 2)


def _riff(body: bytes) -> bytes:
    return struct.pack("<4sI4s", b"RIFF", len(body) + 4, b"WEBP") + body


def _uint24(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 3], "little")
