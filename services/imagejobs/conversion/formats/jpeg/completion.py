"""Completing a JPEG for the decoder: it gets an end marker, and the parts of its profile are put in order."""

import io

from imagejobs.conversion.formats.byte_reader import ByteReader
from imagejobs.conversion.formats.jpeg.profile import ProfilePart, is_in_order, join, profile_part, write
from imagejobs.conversion.formats.jpeg.scans import picture_segments
from imagejobs.conversion.formats.jpeg.segments import EOI, MARKER, SOI, Segment

_END = bytes([0xFF, EOI])
_KEPT_ZEROS = 2


def complete_jpeg(source: bytes) -> bytes:
    """The same picture for ImageMagick, which joins the parts of a profile in the order of the file.

    Everything after the picture is replaced by an end marker: libjpeg then warns if data is missing before it.
    """
    reader = ByteReader(io.BytesIO(source), "JPEG")
    reader.skip(len(SOI))
    segments = list(picture_segments(reader))
    return _with_profile_in_order(_with_end(source, segments[-1]), segments)


def _with_end(source: bytes, last: Segment) -> bytes:
    if last.marker == EOI:
        return source[: last.end]
    if following := MARKER.search(source, last.end):
        return source[: following.start()] + _END
    return source[: last.end] + without_padding(source[last.end :]) + _END


def without_padding(data: bytes) -> bytes:
    """The data at the end of a file, without a cut marker and without the zeros that a broken download leaves.

    libjpeg would read the zeros as blocks. Two are kept: flat colours may end with a zero byte, and a stuffed FF does.
    """
    data = data.rstrip(b"\xff")
    return data[: len(data.rstrip(b"\0")) + _KEPT_ZEROS]


def _with_profile_in_order(source: bytes, segments: list[Segment]) -> bytes:
    found = [(segment, part) for segment in segments if (part := profile_part(segment))]
    parts: list[ProfilePart] = [part for _, part in found]
    profile = join(parts)
    if not parts or (is_in_order(parts) and profile):
        return source
    kept, at = [], 0
    for segment, _ in found:
        kept.append(source[at : segment.start])
        at = segment.end
    return kept[0] + write(profile) + b"".join(kept[1:]) + source[at:]
