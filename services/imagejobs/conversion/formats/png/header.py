"""The header of a PNG, IHDR (W3C PNG, third edition, 11.2.1)."""

from dataclasses import dataclass

from imagejobs.conversion.errors import ConversionError, ErrorCode, corrupt
from imagejobs.conversion.formats.byte_reader import ByteReader
from imagejobs.conversion.formats.png.chunks import CHUNK_HEADER, HEADER, MAX_LENGTH, matches_crc, wrong_checksum

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
"""By colour type: the channels of a pixel, and the bit depths that a sample may have."""


@dataclass(frozen=True, slots=True)
class Header:
    """Width and height in pixels, the bits of a pixel, and whether the picture is in interlaced passes."""

    width: int
    height: int
    bits_per_pixel: int
    is_interlaced: bool


def read_header(reader: ByteReader) -> Header:
    """Read IHDR, which has to be the first chunk. Raises ConversionError."""
    length, kind = CHUNK_HEADER.unpack(reader.read(CHUNK_HEADER.size))
    if kind == b"CgBI":
        raise ConversionError(
            ErrorCode.UNSUPPORTED_TYPE,
            "The file is a PNG that Xcode changed for iOS apps (it begins with the chunk CgBI), which only Apple's "
            "software reads. Send the original PNG, or restore it with pngcrush -revert-iphone-optimizations.",
        )
    if kind != b"IHDR":
        raise corrupt("The PNG does not begin with its header")
    if length != HEADER.size:
        raise corrupt("The PNG has a header of impossible length")
    data = reader.read(HEADER.size)
    if not matches_crc(reader, kind, data, length):
        raise wrong_checksum(kind)
    width, height, depth, colour_type, _, _, interlaced = HEADER.unpack(data)
    if not 0 < width <= MAX_LENGTH or not 0 < height <= MAX_LENGTH:
        raise corrupt("The PNG has an impossible width or height")
    if depth not in _DEPTHS.get(colour_type, ()):
        raise corrupt(
            f"The PNG has colour type {colour_type} with samples of {depth} bits, which the standard does not allow"
        )
    return Header(width, height, depth * _CHANNELS[colour_type], bool(interlaced))
