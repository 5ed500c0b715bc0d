"""The chunks of a PNG that `probe` accepted, for reading and for writing (W3C PNG, third edition, section 5)."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

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
    """The chunks before IEND, up to the first one that is not whole."""
    view, at = memoryview(data), len(SIGNATURE)
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 8 + length
        if kind == b"IEND" or not kind.isalpha() or end + 4 > len(data):
            return
        yield Chunk(kind, view[at + 8 : end], view[at : end + 4])
        at = end + 4


def chunk(kind: bytes, data: bytes | memoryview) -> bytes:
    """A chunk with its length and its checksum."""
    return b"".join((struct.pack(">I4s", len(data), kind), data, struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))))


def png(*parts: bytes | memoryview) -> bytes:
    """A file of these chunks and IEND."""
    return b"".join((SIGNATURE, *parts, chunk(b"IEND", b"")))
