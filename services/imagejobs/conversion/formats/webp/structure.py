"""The RIFF chunks of a WebP (RFC 9649)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from imagejobs.conversion.errors import corrupt, truncated
from imagejobs.conversion.formats.block_count import BlockCount
from imagejobs.conversion.formats.byte_reader import ByteReader
from imagejobs.conversion.formats.exif import MAX_EXIF_BYTES, credits_of, orientation
from imagejobs.conversion.formats.structure import Structure, still

_ANIMATION, _EXIF = 0x02, 0x08
"""The flags of VP8X. libwebp ignores EXIF if its flag is missing."""
_EXTENDED_HEADER_BYTES = 10


@dataclass(slots=True)
class _Chunks:
    stills: int = 0
    loop_count: int = 1
    exif: bytes = b""
    durations_ms: list[int] = field(default_factory=list)
    corners: list[tuple[int, int]] = field(default_factory=list)


def read_webp(reader: ByteReader) -> Structure:
    """Read the chunks up to the declared length; bytes after that are ignored. Raises ConversionError."""
    _, length, _ = struct.unpack("<4sI4s", reader.read(12))
    end = 8 + length
    if end > reader.size:
        raise truncated(f"The WebP ends after {reader.size} of {end} bytes")
    kind, size = _read_chunk_header(reader, end)
    if kind != b"VP8X":
        return still(*_read_bitstream_size(reader, kind))
    width, height, flags = _read_extended_header(reader, size)
    animated = bool(flags & _ANIMATION)
    chunks = _read_chunks(reader, end)
    exif = chunks.exif if flags & _EXIF else b""
    frames = len(chunks.durations_ms) if animated else chunks.stills
    if not frames or (frames > 1 and not animated):
        raise corrupt("The WebP contains no picture, or several where it announces one")
    if not animated:
        return still(width, height, orientation(exif), credits=credits_of(exif))
    if any(right > width or bottom > height for right, bottom in chunks.corners):
        raise corrupt("The WebP has a frame that reaches beyond its canvas")
    durations = tuple(chunks.durations_ms)
    pixels = width * height * frames
    turned, credited = orientation(exif), credits_of(exif)
    return Structure(width, height, frames, pixels, turned, chunks.loop_count, durations, credits=credited)


def _read_chunk_header(reader: ByteReader, end: int) -> tuple[bytes, int]:
    kind, size = struct.unpack("<4sI", reader.read(8))
    if reader.tell() + size > end:
        raise corrupt(f"The WebP has a chunk beyond its declared length at byte {reader.tell() - 8}")
    return kind, size


def _read_extended_header(reader: ByteReader, size: int) -> tuple[int, int, int]:
    if size != _EXTENDED_HEADER_BYTES:  # libwebp accepts no other; where the next chunk begins would be a guess.
        raise corrupt(f"The WebP has an extended header of {size} bytes, not {_EXTENDED_HEADER_BYTES}")
    data = reader.read(_EXTENDED_HEADER_BYTES)
    width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (4, 7))
    return width, height, data[0]


def _read_bitstream_size(reader: ByteReader, kind: bytes) -> tuple[int, int]:
    """The size in the header of a VP8 key frame (RFC 6386, 9.1) or of VP8L (RFC 9649, 3.4)."""
    data = reader.read(10)
    if kind == b"VP8L" and data[0] == 0x2F:
        bits = int.from_bytes(data[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = (int.from_bytes(data[at : at + 2], "little") & 0x3FFF for at in (6, 8))
    if kind != b"VP8 " or data[3:6] != b"\x9d\x01\x2a" or not width or not height:
        raise corrupt("The WebP has no valid picture header")
    return width, height


def _read_chunks(reader: ByteReader, end: int) -> _Chunks:
    chunks, count = _Chunks(), BlockCount("WebP", "chunks")
    while reader.tell() + 8 <= end:
        count.add()
        kind, size = _read_chunk_header(reader, end)
        start = reader.tell()
        _read_chunk(reader, kind, size, chunks)
        reader.seek(min(end, start + size + size % 2))
    return chunks


def _read_chunk(reader: ByteReader, kind: bytes, size: int, chunks: _Chunks) -> None:
    if kind in {b"VP8 ", b"VP8L"}:
        chunks.stills += 1
    elif kind == b"ANIM":
        chunks.loop_count = int.from_bytes(reader.read(6)[4:], "little")
    elif kind == b"ANMF":
        x, y, width, height, duration = (int.from_bytes(each, "little") for each in _split(reader.read(16)[:15]))
        chunks.corners.append((2 * x + width + 1, 2 * y + height + 1))
        chunks.durations_ms.append(duration)
    elif kind == b"EXIF":
        chunks.exif = chunks.exif or reader.read(min(size, MAX_EXIF_BYTES))


def _split(data: bytes) -> Iterator[bytes]:
    """The data in pieces of three bytes: one number each."""
    return (data[at : at + 3] for at in range(0, len(data), 3))
