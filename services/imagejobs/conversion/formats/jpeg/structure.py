"""The structure of a JPEG, from its segments (ITU-T T.81, annex B)."""

import struct
from collections.abc import Sequence

from imagejobs.conversion.errors import ConversionError, ErrorCode, corrupt, truncated
from imagejobs.conversion.formats.byte_reader import ByteReader
from imagejobs.conversion.formats.exif import IDENTIFIER, credits_of, orientation
from imagejobs.conversion.formats.jpeg.blocks import CODING, lacks_blocks
from imagejobs.conversion.formats.jpeg.completion import without_padding
from imagejobs.conversion.formats.jpeg.scans import picture_segments
from imagejobs.conversion.formats.jpeg.segments import APP1, EOI, FRAME_HEADERS, SOI, SOS, Segment, next_marker
from imagejobs.conversion.formats.structure import Structure, still

_DECODABLE_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC9, 0xCA})
"""Baseline, extended and progressive, Huffman or arithmetic: what libjpeg-turbo decodes at 8 bits a sample."""


def read_jpeg(reader: ByteReader) -> Structure:
    """Read up to the end of the picture; bytes after it (a second picture, a maker's data) are ignored.

    Raises ConversionError.
    """
    if reader.read(2) != SOI:
        raise corrupt("The JPEG does not begin with a start marker")
    size: tuple[int, int] | None = None
    exif = b""
    coding: list[Segment] = []
    has_scan, marker = False, EOI
    for segment in picture_segments(reader):
        marker = segment.marker
        if marker in FRAME_HEADERS:
            size = size or _read_frame_header(segment)
        elif marker == APP1 and segment.payload.startswith(IDENTIFIER) and not has_scan:
            exif = exif or segment.payload
        if marker in CODING:
            coding.append(segment)
        has_scan = has_scan or marker == SOS
    if size is None or not has_scan:
        raise corrupt("The JPEG contains no picture")
    if marker != EOI:
        _check_end(reader, coding)
    return still(*size, orientation(exif), credits=credits_of(exif))


def _check_end(reader: ByteReader, coding: Sequence[Segment]) -> None:
    """Raises ConversionError `truncated` if the file ends within its last scan, as far as blocks can be counted."""
    start = reader.tell()
    if next_marker(reader) is not None:
        return
    reader.seek(start)
    if lacks_blocks(coding, without_padding(reader.read_up_to(reader.size))):
        raise truncated(f"The JPEG ends after {reader.size} bytes, in the middle of its data")


def _read_frame_header(segment: Segment) -> tuple[int, int]:
    if len(segment.payload) < 6:
        raise corrupt("The JPEG has a frame header that is too short")
    precision, height, width = struct.unpack(">BHH", segment.payload[:5])
    if segment.marker not in _DECODABLE_FRAMES or precision != 8:
        raise ConversionError(
            ErrorCode.UNSUPPORTED_TYPE,
            f"The JPEG is of a rare kind (frame type FF {segment.marker:02X}, {precision} bits a sample) that is not "
            "accepted. Save it as a baseline or progressive JPEG of 8 bits a sample.",
        )
    if not width or not height:
        raise corrupt("The JPEG has a width or height of 0")
    return width, height
