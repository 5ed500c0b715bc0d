"""Whether the scans of a JPEG have given the whole picture (ITU-T T.81, B.2.3 and G.1.1.1)."""

from collections.abc import Iterator

from imagejobs.conversion.errors import corrupt, truncated
from imagejobs.conversion.formats.block_count import BlockCount
from imagejobs.conversion.formats.byte_reader import ByteReader
from imagejobs.conversion.formats.jpeg.segments import EOI, FRAME_HEADERS, SOS, Segment, read_segments

_MAX_SCANS = 200
"""The decoder goes through the whole picture for each scan, up to 0.05 s for 50 megapixels, however short the scan is.
libjpeg writes 10 scans for a progressive picture, 18 for one with four inks."""
_PROGRESSIVE, _ARITHMETIC = frozenset({0xC2, 0xCA}), frozenset({0xC9, 0xCA})
_ALL_COEFFICIENTS = (1 << 64) - 1
_COMPONENTS_AT = 6
_BYTES_PER_COMPONENT = 3


def picture_segments(reader: ByteReader) -> Iterator[Segment]:
    """The segments after SOI, up to EOI or to the header of the scan that completes the picture.

    Some cameras write their own data instead of EOI. The decoder judges whether the data of the last scan is whole.
    Raises ConversionError, `truncated` for a file that ends before EOI and before the picture is complete.
    """
    scans = _Scans()
    for segment in read_segments(reader):
        yield segment
        if segment.marker in FRAME_HEADERS:
            scans.begin(segment.marker, segment.payload)
        elif segment.marker == EOI or (segment.marker == SOS and scans.add(segment.payload)):
            return
    raise truncated(f"The JPEG ends after {reader.size} bytes, before its end marker")


class _Scans:
    """The coefficients of each component that no scan has given yet: a bit for each of the 64."""

    def __init__(self) -> None:
        self._count = BlockCount("JPEG", "scans", _MAX_SCANS)
        self._missing: dict[int, int] = {}
        self._is_progressive = False

    def begin(self, marker: int, frame_header: bytes) -> None:
        """Take the components from the frame header.

        Two kinds of pictures never count as complete and need EOI: pictures whose components share a number, because
        their scans cannot be distinguished, and arithmetic-coded ones, because decoders read missing data as zeros.
        """
        count = frame_header[_COMPONENTS_AT - 1] if len(frame_header) >= _COMPONENTS_AT else 0
        components = frame_header[_COMPONENTS_AT::_BYTES_PER_COMPONENT][:count]
        self._missing = dict.fromkeys(components, _ALL_COEFFICIENTS)
        if len(self._missing) != len(components) or marker in _ARITHMETIC:
            self._missing[-1] = _ALL_COEFFICIENTS
        self._is_progressive = marker in _PROGRESSIVE

    def add(self, header: bytes) -> bool:
        """Take a scan from its header; true if it completes the picture.

        A scan of a progressive frame completes the coefficients whose last bit it gives (Al is 0). A scan of any other
        frame completes whole components.
        """
        self._count.add()
        components = header[1 : 1 + 2 * header[0] : 2] if header else b""
        parameters = header[1 + 2 * len(components) :]
        if len(parameters) < 3:
            raise corrupt("The JPEG has a scan header that is too short")
        first, last, approximation = parameters[:3]
        given = _ALL_COEFFICIENTS
        if self._is_progressive:
            is_final = not approximation & 0xF
            given = (2 << min(last, 63)) - (1 << min(first, 63)) if is_final and first <= last else 0
        for component in self._missing.keys() & components:
            self._missing[component] &= ~given
        return bool(self._missing) and not any(self._missing.values())
