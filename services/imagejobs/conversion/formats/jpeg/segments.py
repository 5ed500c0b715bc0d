"""Walking from marker to marker through a JPEG as libjpeg does (ITU-T T.81, annex B)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from imagejobs.conversion.errors import corrupt
from imagejobs.conversion.formats.block_count import BlockCount
from imagejobs.conversion.formats.byte_reader import ByteReader

SOI = b"\xff\xd8"
EOI = 0xD9
SOS = 0xDA
APP1, APP2 = 0xE1, 0xE2
FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WITH_LENGTH = frozenset(range(0xC0, 0xFF)) - frozenset(range(0xD0, 0xDA))
_IGNORED = frozenset({0xDC, *range(0xE0, 0xF0), 0xFE})
"""DNL, APPn and COM: libjpeg treats a length of 0 or 1 as an empty segment."""
MARKER = re.compile(rb"\xff([^\x00\x01\xff\xd0-\xd7])")
"""FF 00 is a stuffed FF. TEM (FF 01) and RSTn (FF D0 to FF D7) have no payload and are skipped (B.1.1.3, B.1.1.5). Of
several FF the last one matches: the expression begins with a single fixed byte, so the search takes 0.5 ms a megabyte;
with a repeated FF it would take 10 ms."""
_SMALLEST_STEP, _LARGEST_STEP = 2, 1 << 16


@dataclass(frozen=True, slots=True)
class Segment:
    """A marker, the position of its FF, the bytes after its length, and the position after the segment."""

    marker: int
    start: int
    payload: bytes
    end: int


def read_segments(reader: ByteReader) -> Iterator[Segment]:
    """The segments after SOI, up to and including EOI, or to the end of the file.

    Bytes before a marker are skipped, as in libjpeg: they are entropy-coded data, which has no length of its own, or
    rubbish that programs left between segments. Raises ConversionError: `corrupt` for a marker that libjpeg does not
    know, `truncated` for a file that ends within a segment, `unsupported_type` for too many segments.
    """
    count = BlockCount("JPEG", "segments")
    while (marker := next_marker(reader)) is not None:
        count.add()
        start = reader.tell() - 2
        payload = b"" if marker == EOI else _read_payload(reader, marker)
        yield Segment(marker, start, payload, reader.tell())
        if marker == EOI:
            return


def next_marker(reader: ByteReader) -> int | None:
    """The next marker, after which the reader is positioned; None if the file ends before."""
    kept, step = b"", _SMALLEST_STEP
    while block := reader.read_up_to(step):
        data = kept + block
        if found := MARKER.search(data):
            reader.seek(reader.tell() - len(data) + found.end())
            return found[1][0]
        kept = b"\xff" if data.endswith(b"\xff") else b""
        step = min(step * 8, _LARGEST_STEP)
    return None


def _read_payload(reader: ByteReader, marker: int) -> bytes:
    if marker not in _WITH_LENGTH:
        raise corrupt(f"The JPEG has an impossible marker FF {marker:02X} at byte {reader.tell() - 2}")
    length = int.from_bytes(reader.read(2), "big")
    if length < 2 and marker not in _IGNORED:
        raise corrupt(f"The JPEG has a segment of impossible length at byte {reader.tell() - 2}")
    return reader.read(max(length - 2, 0))
