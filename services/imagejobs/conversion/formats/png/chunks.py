"""The chunks of a PNG, for reading and for writing (W3C PNG, third edition, section 5)."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from imagejobs.conversion.errors import ConversionError, corrupt
from imagejobs.conversion.formats.byte_reader import ByteReader

CHUNK_HEADER = struct.Struct(">I4s")
"""The length of a chunk's data, and its type."""
MAX_LENGTH = 2**31 - 1
"""The most bytes of a chunk, and the most pixels of a side."""
_CRC_BLOCK = 1 << 16
CRC_BYTES = 4
SIGNATURE = b"\x89PNG\r\n\x1a\n"
HEADER = struct.Struct(">IIBBBBB")
"""IHDR (11.2.1): width, height, bit depth, colour type, compression, filter and interlace method."""
GREY, RGB, PALETTE = 0, 2, 3
"""Colour types."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk: its type, its data, and `whole`, its bytes in the file with length and checksum."""

    kind: bytes
    data: memoryview
    whole: memoryview

    @property
    def is_intact(self) -> bool:
        """Whether the chunk matches its checksum."""
        return zlib.crc32(self.whole[4:-4]) == int.from_bytes(self.whole[-4:], "big")


def chunks(data: bytes) -> Iterator[Chunk]:
    """The chunks of a file that `probe` accepted, before IEND and the first one that is not whole."""
    view, at = memoryview(data), len(SIGNATURE)
    while at + 12 <= len(data):
        length, kind = CHUNK_HEADER.unpack_from(data, at)
        end = at + 8 + length
        if kind == b"IEND" or not kind.isalpha() or end + 4 > len(data):
            return
        yield Chunk(kind, view[at + 8 : end], view[at : end + 4])
        at = end + 4


def chunk(kind: bytes, data: bytes | memoryview) -> bytes:
    """A chunk with its length and its checksum."""
    return b"".join((CHUNK_HEADER.pack(len(data), kind), data, struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))))


def png(*parts: bytes | memoryview) -> bytes:
    """A file of these chunks and IEND."""
    return b"".join((SIGNATURE, *parts, chunk(b"IEND", b"")))


def matches_crc(reader: ByteReader, kind: bytes, head: bytes, length: int) -> bool:
    """Read the rest of a chunk. Returns whether the chunk matches its checksum.

    `length` is the length of its data, of which `head` was read already.
    """
    crc, left = zlib.crc32(head, zlib.crc32(kind)), length - len(head)
    while left:
        block = reader.read(min(left, _CRC_BLOCK))
        crc = zlib.crc32(block, crc)
        left -= len(block)
    return int.from_bytes(reader.read(CRC_BYTES), "big") == crc


def wrong_checksum(kind: bytes) -> ConversionError:
    """The error of a critical chunk that does not match its checksum."""
    return corrupt(f"The PNG's chunk {kind.decode('ascii', 'replace')} does not match its checksum")
