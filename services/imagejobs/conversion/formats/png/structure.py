"""The chunks of a PNG, from IHDR to IEND (W3C PNG, third edition, section 5)."""

import struct
import zlib
from dataclasses import replace

from imagejobs.conversion.errors import corrupt
from imagejobs.conversion.formats.block_count import BlockCount
from imagejobs.conversion.formats.byte_reader import ByteReader
from imagejobs.conversion.formats.exif import MAX_EXIF_BYTES, credits_of, orientation
from imagejobs.conversion.formats.structure import BYTES_PER_PIXEL, Structure, still

_SIGNATURE_LENGTH = 8
_CRC_LENGTH = 4
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""By colour type (11.2.1)."""
_MAX_LENGTH = 2**31 - 1
_CRC_BLOCK = 1 << 16
_EXIF, _ANIMATION = b"eXIf", b"acTL"
_KEPT = frozenset({_EXIF, _ANIMATION})


def read_png(reader: ByteReader) -> Structure:
    """Walk to IEND, or to the end of a file that lacks only that, which every decoder shows.

    An animated PNG counts as its first picture, which is all that its IDAT chunks hold.
    """
    reader.skip(_SIGNATURE_LENGTH)
    kind, header = _read_header(reader)
    if kind != b"IHDR":
        raise corrupt("The PNG does not begin with its header")
    width, height = struct.unpack(">II", header[:8])
    if not 0 < width <= _MAX_LENGTH or not 0 < height <= _MAX_LENGTH:
        raise corrupt("The PNG has an impossible width or height")
    kinds, kept, chunks = set(), dict[bytes, bytes](), BlockCount("PNG", "chunks")
    while kind != b"IEND" and not (b"IDAT" in kinds and reader.tell() == reader.size):
        chunks.add()
        kind, data = _read_chunk(reader)
        kinds.add(kind)
        if data:
            kept.setdefault(kind, data)
    if b"IDAT" not in kinds:
        raise corrupt("The PNG contains no picture")
    exif = kept.get(_EXIF, b"")
    found = still(width, height, orientation(exif), _notes(kept.get(_ANIMATION, b"")), credits_of(exif))
    return replace(found, decoder_bytes=_interlaced_bytes(header, width * height))


def _interlaced_bytes(header: bytes, pixels: int) -> int:
    """An interlaced picture is put together from its passes beside ImageMagick's own pixels."""
    depth, color, interlaced = header[8], header[9], header[12]
    return pixels * (depth * _CHANNELS.get(color, 4) // 8 + BYTES_PER_PIXEL) if interlaced else 0


def _notes(animation: bytes) -> tuple[str, ...]:
    frames = int.from_bytes(animation[:4], "big")
    return (f"APNG with {frames} frames: only the first is kept",) if frames > 1 else ()


def _read_header(reader: ByteReader) -> tuple[bytes, bytes]:
    length, kind = struct.unpack(">I4s", reader.read(8))
    if kind == b"IHDR" and length != 13:
        raise corrupt("The PNG has a header of impossible length")
    data = reader.read(13)
    _check_crc(reader, zlib.crc32(data, zlib.crc32(kind)), kind)
    return kind, data


def _read_chunk(reader: ByteReader) -> tuple[bytes, bytes]:
    """Pass a chunk; its type, and its data if that matters. Critical chunks' (upper case) checksums must be right."""
    length, kind = struct.unpack(">I4s", reader.read(8))
    if length > _MAX_LENGTH or not kind.isalpha():
        raise corrupt(f"The PNG has an impossible chunk at byte {reader.tell() - 8}")
    if kind[:1].isupper():
        _check_crc(reader, _crc_of(reader, kind, length), kind)
        return kind, b""
    data = reader.read(min(length, MAX_EXIF_BYTES)) if kind in _KEPT else b""
    reader.skip(length - len(data) + _CRC_LENGTH)
    return kind, data


def _crc_of(reader: ByteReader, kind: bytes, length: int) -> int:
    crc = zlib.crc32(kind)
    while length:
        block = reader.read(min(length, _CRC_BLOCK))
        crc = zlib.crc32(block, crc)
        length -= len(block)
    return crc


def _check_crc(reader: ByteReader, crc: int, kind: bytes) -> None:
    if int.from_bytes(reader.read(_CRC_LENGTH), "big") != crc:
        raise corrupt(f"The PNG's chunk {kind.decode('ascii', 'replace')} does not match its checksum")
