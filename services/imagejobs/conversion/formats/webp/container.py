"""The RIFF container of WebP, for reading what `probe` accepted and for writing (RFC 9649, 2)."""

import struct
from collections.abc import Iterable, Iterator

_ALPHA, _EXIF = 0x10, 0x08
PICTURE_CHUNKS = frozenset({b"ALPH", b"VP8 ", b"VP8L"})
HEADER_BYTES = 12

Chunk = tuple[bytes, bytes]
"""The FourCC of a chunk, and its payload."""


def chunks(data: bytes, start: int = HEADER_BYTES) -> Iterator[Chunk]:
    """The chunks of a file, or of a chunk's payload from `start` on, up to the end of the data."""
    at = start
    while at + 8 <= len(data):
        kind, size = struct.unpack_from("<4sI", data, at)
        yield kind, data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def file_chunks(data: bytes) -> Iterator[Chunk]:
    """The chunks of a file up to the length that it declares; bytes after that are not part of it."""
    (length,) = struct.unpack_from("<I", data, 4)
    return chunks(data[: 8 + length])


def find_chunk(data: bytes, kind: bytes) -> bytes | None:
    """The payload of the file's first chunk of this kind."""
    return next((payload for each, payload in file_chunks(data) if each == kind), None)


def chunk(kind: bytes, payload: bytes) -> bytes:
    """A chunk, padded to an even length."""
    return struct.pack("<4sI", kind, len(payload)) + payload + bytes(len(payload) % 2)


def riff(body: bytes) -> bytes:
    """A WebP file of these chunks."""
    return struct.pack("<4sI4s", b"RIFF", len(body) + 4, b"WEBP") + body


def extended_header(width: int, height: int, flags: int) -> bytes:
    """The chunk VP8X for a canvas of this size."""
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return chunk(b"VP8X", bytes([flags, 0, 0, 0]) + size)


def alpha_flag(picture: Iterable[Chunk]) -> int:
    """VP8X's flag for an ALPH chunk or the hint in VP8L's header (3.4); 0 for opaque pictures."""
    has_alpha = any(kind == b"ALPH" or (kind == b"VP8L" and len(data) > 4 and data[4] & 0x10) for kind, data in picture)
    return _ALPHA if has_alpha else 0


def exif_overhead(exif: bytes) -> int:
    """How many bytes `with_exif` adds at most."""
    return len(extended_header(1, 1, 0)) + len(chunk(b"EXIF", exif)) if exif else 0


def with_exif(data: bytes, exif: bytes, size: tuple[int, int]) -> bytes:
    """The same picture or animation with this EXIF; `size` is its canvas."""
    parts = list(chunks(data))
    flags = parts[0][1][0] if parts[0][0] == b"VP8X" else alpha_flag(parts)
    kept = b"".join(chunk(kind, payload) for kind, payload in parts if kind not in {b"VP8X", b"EXIF"})
    return riff(extended_header(*size, flags | _EXIF) + kept + chunk(b"EXIF", exif))
