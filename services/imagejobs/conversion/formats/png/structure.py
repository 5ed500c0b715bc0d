"""The chunks of a PNG, from IHDR to IEND (W3C PNG, third edition, section 5)."""

from dataclasses import dataclass, field

from imagejobs.conversion.errors import corrupt, truncated
from imagejobs.conversion.formats.block_count import BlockCount
from imagejobs.conversion.formats.byte_reader import ByteReader
from imagejobs.conversion.formats.exif import MAX_EXIF_BYTES, credits_of, orientation
from imagejobs.conversion.formats.png.animation_chunks import ANIMATION_CHUNKS, LOOKED_AT, PngAnimation
from imagejobs.conversion.formats.png.chunks import (
    CHUNK_HEADER,
    CRC_BYTES,
    MAX_LENGTH,
    SIGNATURE,
    matches_crc,
    wrong_checksum,
)
from imagejobs.conversion.formats.png.colour import CODED_CHUNKS, MAX_CODED_BYTES, coded_colour
from imagejobs.conversion.formats.png.header import Header, read_header
from imagejobs.conversion.formats.structure import BYTES_PER_PIXEL, Structure

_EXIF, _DATA, _END = b"eXIf", b"IDAT", b"IEND"


@dataclass(slots=True)
class _Chunks:
    animation: PngAnimation
    kept: dict[bytes, bytes] = field(default_factory=dict)
    has_picture: bool = False
    has_end: bool = False
    count: BlockCount = field(default_factory=lambda: BlockCount("PNG", "chunks"))


def read_png(reader: ByteReader) -> Structure:
    """Read the chunks up to IEND. Raises ConversionError.

    A still is whole once its IDAT chunks are: the end of the file, or other bytes, may follow. A damaged animation
    counts as its still.
    """
    reader.skip(len(SIGNATURE))
    header = read_header(reader)
    found = _Chunks(PngAnimation(header.width, header.height))
    while _read_chunk(reader, found):
        pass
    if not found.has_picture:
        raise corrupt("The PNG contains no picture")
    if found.animation.is_announced and not found.animation.damage and not found.has_end:
        raise truncated(f"The PNG ends after {reader.size} bytes, within its animation")
    return _structure(header, found)


def _structure(header: Header, found: _Chunks) -> Structure:
    animation, exif = found.animation, found.kept.get(_EXIF, b"")
    pixels, frames = header.width * header.height, max(1, len(animation.frames))
    # The decoder assembles an interlaced picture from its passes, in addition to ImageMagick's own pixels.
    bytes_per_pixel = header.bits_per_pixel // 8 + BYTES_PER_PIXEL
    return Structure(
        header.width,
        header.height,
        frames,
        pixels * frames,
        orientation(exif),
        animation.loop_count if animation.frames else 1,
        animation.durations_ms,
        _notes(animation),
        credits_of(exif),
        decoder_bytes=pixels * bytes_per_pixel if header.is_interlaced else 0,
        colour=coded_colour(found.kept),
    )


def _notes(animation: PngAnimation) -> tuple[str, ...]:
    if animation.damage:
        return (f"APNG: only the still is kept, because the animation is damaged: {animation.damage}",)
    return ()


def _read_chunk(reader: ByteReader, found: _Chunks) -> bool:
    """Read a chunk; false at the end. The checksum of a critical chunk (upper-case type) must match."""
    left = reader.size - reader.tell()
    if found.has_picture and left < CHUNK_HEADER.size:
        return False
    found.count.add()
    length, kind = CHUNK_HEADER.unpack(reader.read(CHUNK_HEADER.size))
    found.has_end = kind == _END
    is_impossible = length > MAX_LENGTH or not kind.isalpha()
    is_cut = CHUNK_HEADER.size + length + CRC_BYTES > left
    if found.has_end or (found.has_picture and kind != _DATA and (is_impossible or is_cut)):
        return False
    if is_impossible:
        raise corrupt(f"The PNG has an impossible chunk at byte {reader.tell() - CHUNK_HEADER.size}")
    _look_at(reader, kind, length, found)
    return True


def _look_at(reader: ByteReader, kind: bytes, length: int, found: _Chunks) -> None:
    if kind in ANIMATION_CHUNKS:
        head = reader.read(min(length, LOOKED_AT))
        if matches_crc(reader, kind, head, length):
            found.animation.add(kind, head)
        else:
            found.animation.fail(kind, f"a chunk {kind.decode()} does not match its checksum")
    elif kind[:1].isupper():
        if not matches_crc(reader, kind, b"", length):
            raise wrong_checksum(kind)
        found.has_picture |= kind == _DATA
        found.animation.add(kind, b"")
    elif kind in CODED_CHUNKS and length <= MAX_CODED_BYTES:
        data = reader.read(length)
        if matches_crc(reader, kind, data, length) and not found.has_picture:
            found.kept.setdefault(kind, data)
    else:
        data = reader.read(min(length, MAX_EXIF_BYTES)) if kind == _EXIF else b""
        if data:
            found.kept.setdefault(kind, data)
        reader.skip(length - len(data) + CRC_BYTES)
