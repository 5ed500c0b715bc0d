"""The chunks of a PNG, from IHDR to IEND (W3C PNG, third edition, section 5)."""

import struct
import zlib
from dataclasses import dataclass, field, replace

from imagejobs.conversion.errors import ConversionError, ErrorCode, corrupt, truncated
from imagejobs.conversion.formats.block_count import BlockCount
from imagejobs.conversion.formats.byte_reader import ByteReader
from imagejobs.conversion.formats.exif import MAX_EXIF_BYTES, credits_of, orientation
from imagejobs.conversion.formats.png.animation_chunks import ANIMATION_CHUNKS, LOOKED_AT, PngAnimation
from imagejobs.conversion.formats.png.chunks import HEADER, SIGNATURE
from imagejobs.conversion.formats.png.colour import CODED_CHUNKS, MAX_CODED_BYTES, coded_colour
from imagejobs.conversion.formats.structure import BYTES_PER_PIXEL, Structure, still

_CHUNK_HEADER = struct.Struct(">I4s")
_CRC_LENGTH = 4
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
"""By colour type: the channels of a pixel, and the bit depths that a sample may have (11.2.1)."""
_MAX_LENGTH = 2**31 - 1
_CRC_BLOCK = 1 << 16
_EXIF, _DATA, _END = b"eXIf", b"IDAT", b"IEND"
_KEPT = frozenset({_EXIF})


@dataclass(slots=True)
class _Chunks:
    animation: PngAnimation
    kept: dict[bytes, bytes] = field(default_factory=dict)
    has_picture: bool = False
    has_end: bool = False
    count: BlockCount = field(default_factory=lambda: BlockCount("PNG", "chunks"))


def read_png(reader: ByteReader) -> Structure:
    """Read the chunks up to IEND. A still that ends, or has other bytes, after its IDAT chunks is whole.

    A damaged animation counts as its still.
    """
    reader.skip(len(SIGNATURE))
    header = _read_header(reader)
    width, height, depth, colour_type, *_, interlaced = HEADER.unpack(header)
    if not 0 < width <= _MAX_LENGTH or not 0 < height <= _MAX_LENGTH:
        raise corrupt("The PNG has an impossible width or height")
    if depth not in _DEPTHS.get(colour_type, ()):
        raise corrupt(
            f"The PNG has colour type {colour_type} with samples of {depth} bits, which the standard does not allow"
        )
    found = _Chunks(PngAnimation(width, height))
    while _read_chunk(reader, found):
        pass
    if not found.has_picture:
        raise corrupt("The PNG contains no picture")
    if found.animation.is_announced and not found.animation.damage and not found.has_end:
        raise truncated(f"The PNG ends after {reader.size} bytes, within its animation")
    structure = _structure(width, height, found)
    # The decoder assembles an interlaced picture from its passes, in addition to ImageMagick's own pixels.
    bytes_per_pixel = depth * _CHANNELS[colour_type] // 8 + BYTES_PER_PIXEL
    needed = width * height * bytes_per_pixel if interlaced else 0
    return replace(structure, decoder_bytes=needed, colour=coded_colour(found.kept))


def _structure(width: int, height: int, found: _Chunks) -> Structure:
    animation, exif = found.animation, found.kept.get(_EXIF, b"")
    turned, credited = orientation(exif), credits_of(exif)
    frames = len(animation.frames)
    if not frames:
        return still(width, height, turned, _notes(animation), credited)
    return Structure(
        width,
        height,
        frames,
        width * height * frames,
        turned,
        animation.loop_count,
        animation.durations_ms,
        _notes(animation),
        credited,
    )


def _notes(animation: PngAnimation) -> tuple[str, ...]:
    if animation.damage:
        return (f"APNG: only the still is kept, because the animation is damaged: {animation.damage}",)
    return ()


def _read_header(reader: ByteReader) -> bytes:
    length, kind = _CHUNK_HEADER.unpack(reader.read(_CHUNK_HEADER.size))
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
    if not _matches_crc(reader, kind, data, length):
        raise _wrong_checksum(kind)
    return data


def _read_chunk(reader: ByteReader, found: _Chunks) -> bool:
    """Read a chunk; false at the end. The checksum of a critical chunk (upper-case type) must match."""
    left = reader.size - reader.tell()
    if found.has_picture and left < _CHUNK_HEADER.size:
        return False
    found.count.add()
    length, kind = _CHUNK_HEADER.unpack(reader.read(_CHUNK_HEADER.size))
    found.has_end = kind == _END
    is_impossible = length > _MAX_LENGTH or not kind.isalpha()
    is_cut = _CHUNK_HEADER.size + length + _CRC_LENGTH > left
    if found.has_end or (found.has_picture and kind != _DATA and (is_impossible or is_cut)):
        return False
    if is_impossible:
        raise corrupt(f"The PNG has an impossible chunk at byte {reader.tell() - _CHUNK_HEADER.size}")
    _look_at(reader, kind, length, found)
    return True


def _look_at(reader: ByteReader, kind: bytes, length: int, found: _Chunks) -> None:
    if kind in ANIMATION_CHUNKS:
        head = reader.read(min(length, LOOKED_AT))
        if _matches_crc(reader, kind, head, length):
            found.animation.add(kind, head)
        else:
            found.animation.fail(kind, f"a chunk {kind.decode()} does not match its checksum")
    elif kind[:1].isupper():
        if not _matches_crc(reader, kind, b"", length):
            raise _wrong_checksum(kind)
        found.has_picture |= kind == _DATA
        found.animation.add(kind, b"")
    elif kind in CODED_CHUNKS and length <= MAX_CODED_BYTES:
        data = reader.read(length)
        if _matches_crc(reader, kind, data, length) and not found.has_picture:
            found.kept.setdefault(kind, data)
    else:
        data = reader.read(min(length, MAX_EXIF_BYTES)) if kind in _KEPT else b""
        if data:
            found.kept.setdefault(kind, data)
        reader.skip(length - len(data) + _CRC_LENGTH)


def _matches_crc(reader: ByteReader, kind: bytes, head: bytes, length: int) -> bool:
    """Whether a chunk matches its checksum. `length` is that of its data, of which `head` was read already."""
    crc, left = zlib.crc32(head, zlib.crc32(kind)), length - len(head)
    while left:
        block = reader.read(min(left, _CRC_BLOCK))
        crc = zlib.crc32(block, crc)
        left -= len(block)
    return int.from_bytes(reader.read(_CRC_LENGTH), "big") == crc


def _wrong_checksum(kind: bytes) -> ConversionError:
    return corrupt(f"The PNG's chunk {kind.decode('ascii', 'replace')} does not match its checksum")
