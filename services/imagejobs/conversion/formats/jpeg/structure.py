"""The segments of a JPEG, from SOI to EOI (ITU-T T.81, annex B)."""

import re
import struct

from imagejobs.conversion.errors import ConversionError, ErrorCode, corrupt, truncated
from imagejobs.conversion.formats.block_count import BlockCount
from imagejobs.conversion.formats.byte_reader import ByteReader
from imagejobs.conversion.formats.exif import credits_of, orientation
from imagejobs.conversion.formats.structure import Structure, still

_SOI = b"\xff\xd8"
_EOI = 0xD9
_SOS = 0xDA
_APP1 = 0xE1
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_DECODABLE_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC9, 0xCA})
"""Baseline, extended and progressive, Huffman or arithmetic: what libjpeg-turbo decodes at 8 bits a sample."""
_SEGMENTS = frozenset(range(0xC0, 0xFF)) - frozenset(range(0xD0, 0xDA))
"""Markers that a length follows; RSTn, SOI and EOI stand alone."""
_AFTER_ENTROPY_CODED_DATA = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")
"""Within a scan FF 00 is a stuffed FF and FF D0 to FF D7 are restart markers (B.1.1.5). Of several FF the last one
matches: a search that begins with one fixed byte takes 0.5 ms a megabyte, with FF repeated 10 ms."""
_CHUNK = 1 << 16
_MAX_SCANS = 200
"""Each goes through the whole picture again, up to 0.05 s for 50 megapixels, however few bytes it has. libjpeg writes
10 of them for a progressive picture, 18 for one of four inks."""


def read_jpeg(reader: ByteReader) -> Structure:
    """Walk to EOI; what follows it (a second picture, a maker's data) is not looked at."""
    if reader.read(2) != _SOI:
        raise corrupt("The JPEG does not begin with a start marker")
    size: tuple[int, int] | None = None
    exif = b""
    segments, scans = BlockCount("JPEG", "segments"), BlockCount("JPEG", "scans", _MAX_SCANS)
    marker = _next_marker(reader)
    while marker != _EOI:
        segments.add()
        if marker not in _SEGMENTS:
            raise corrupt(f"The JPEG has an impossible marker FF {marker:02X} at byte {reader.tell() - 2}")
        segment = _read_segment(reader)
        if marker in _FRAME_HEADERS:
            size = size or _read_frame_header(segment, marker)
        elif marker == _APP1 and segment.startswith(b"Exif\0"):
            exif = exif or segment
        if marker == _SOS:
            scans.add()
        marker = _marker_after_scan(reader) if marker == _SOS else _next_marker(reader)
    if size is None or not scans.found:
        raise corrupt("The JPEG contains no picture")
    return still(*size, orientation(exif), credits=credits_of(exif))


def _next_marker(reader: ByteReader) -> int:
    """The next marker; any number of FF may precede it (B.1.1.2)."""
    if reader.read(1) != b"\xff":
        raise corrupt(f"The JPEG has no marker at byte {reader.tell() - 1}")
    code = reader.read(1)
    if code == b"\xff":
        reader.skip_run(code)
        code = reader.read(1)
    return code[0]


def _read_segment(reader: ByteReader) -> bytes:
    length = int.from_bytes(reader.read(2), "big")
    if length < 2:
        raise corrupt(f"The JPEG has a segment of impossible length at byte {reader.tell() - 2}")
    return reader.read(length - 2)


def _read_frame_header(segment: bytes, marker: int) -> tuple[int, int]:
    if len(segment) < 6:
        raise corrupt("The JPEG has a frame header that is too short")
    precision, height, width = struct.unpack(">BHH", segment[:5])
    if marker not in _DECODABLE_FRAMES or precision != 8:
        raise ConversionError(
            ErrorCode.UNSUPPORTED_TYPE,
            f"The JPEG is of a rare kind (frame type FF {marker:02X}, {precision} bits a sample) that is not accepted. "
            "Save it as a baseline or progressive JPEG of 8 bits a sample.",
        )
    if not width or not height:
        raise corrupt("The JPEG has a width or height of 0")
    return width, height


def _marker_after_scan(reader: ByteReader) -> int:
    """Skip entropy-coded data, which has no length of its own; the marker that ends it."""
    kept = b""
    while chunk := reader.read_up_to(_CHUNK):
        data = kept + chunk
        if found := _AFTER_ENTROPY_CODED_DATA.search(data):
            reader.seek(reader.tell() - len(data) + found.end())
            return found[1][0]
        kept = b"\xff" if data.endswith(b"\xff") else b""
    raise truncated(f"The JPEG ends after {reader.size} bytes, before its end marker")
