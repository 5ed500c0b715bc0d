"""The blocks of a GIF, from the logical screen to the trailer (GIF89a specification)."""

import struct
from dataclasses import dataclass, field

from imagejobs.conversion.errors import ConversionError, ErrorCode, corrupt, truncated
from imagejobs.conversion.formats.block_count import BlockCount
from imagejobs.conversion.formats.byte_reader import ByteReader
from imagejobs.conversion.formats.structure import Structure
from imagejobs.value_ranges import WEBP_MAX_SIDE

_SIGNATURE_LENGTH = 6
_TRAILER, _EXTENSION, _IMAGE, _PADDING = b"\x3b", b"\x21", b"\x2c", b"\x00"
_ENDS = frozenset({_TRAILER, b""})
"""The end of the file counts as the trailer: every decoder shows a file that lacks only its trailer."""
_GRAPHIC_CONTROL, _APPLICATION = 0xF9, 0xFF
_LOOP_EXTENSIONS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_MAX_CODE_BITS = 11
"""The most bits of the first codes; codes grow up to 12 bits (appendix F)."""
_MAX_SUB_BLOCKS = 1 << 20
"""In all frames and extensions. A GIF of 25 MB has 100,000 sub-blocks of full length, which is 255 bytes."""
_HASTY_MS, _STEADY_MS = 10, 100
"""Browsers and gif2webp show a frame of 10 ms or less for 100 ms."""


@dataclass(slots=True)
class _Animation:
    """The frames read so far, and what the extensions announce for the next one."""

    loop_count: int = 1
    next_duration_ms: int = 0
    is_announced: bool = False
    durations_ms: list[int] = field(default_factory=list)
    extents: list[tuple[int, int]] = field(default_factory=list)
    sub_blocks: BlockCount = field(default_factory=lambda: BlockCount("GIF", "sub-blocks", _MAX_SUB_BLOCKS))


def read_gif(reader: ByteReader) -> Structure:
    """Read the blocks up to the trailer. Raises ConversionError.

    A first frame that is larger than the screen enlarges the screen, as in viewers. A later frame is clipped to the
    screen, but `pixels` counts all of it, because it is decoded whole.
    """
    reader.skip(_SIGNATURE_LENGTH)
    width, height, flags = struct.unpack("<HHB2x", reader.read(7))
    _skip_colour_table(reader, flags)
    animation = _read_blocks(reader)
    frames = animation.extents
    if not frames:
        raise corrupt("The GIF contains no picture")
    width, height = max(width, frames[0][0]), max(height, frames[0][1])
    pixels = sum(max(width * height, frame[0] * frame[1]) for frame in frames)
    return Structure(width, height, len(frames), pixels, 1, animation.loop_count, tuple(animation.durations_ms))


def _read_blocks(reader: ByteReader) -> _Animation:
    animation, blocks = _Animation(), BlockCount("GIF", "blocks")
    while (block := reader.read_up_to(1)) not in _ENDS:
        blocks.add()
        animation.is_announced = block == _EXTENSION
        if block == _IMAGE:
            _read_frame(reader, animation)
        elif block == _EXTENSION:
            _read_extension(reader, animation)
        elif block == _PADDING:
            reader.skip_run(_PADDING)
        else:
            if animation.extents:  # Other bytes instead of the trailer.
                break
            raise corrupt(f"The GIF has an impossible block at byte {reader.tell() - 1}")
    if not block and animation.is_announced:
        raise truncated(f"The GIF ends after {reader.size} bytes, before a frame that it announces")
    return animation


def _read_frame(reader: ByteReader, animation: _Animation) -> None:
    left, top, width, height, flags = struct.unpack("<HHHHB", reader.read(9))
    if not width or not height:
        raise corrupt("The GIF has a frame with a width or height of 0")
    if max(width, height) > WEBP_MAX_SIDE:  # Even if the screen clips the frame: it is decoded whole.
        raise ConversionError(
            ErrorCode.TOO_MANY_PIXELS,
            f"The GIF has a frame of {width} x {height}; a side may have {WEBP_MAX_SIDE} pixels. Send a smaller image.",
        )
    _skip_colour_table(reader, flags)
    if not 1 <= reader.read(1)[0] <= _MAX_CODE_BITS:
        raise corrupt(f"The GIF has codes of an impossible size at byte {reader.tell() - 1}")
    _skip_sub_blocks(reader, animation)
    animation.extents.append((left + width, top + height))
    duration = animation.next_duration_ms
    animation.durations_ms.append(duration if duration > _HASTY_MS else _STEADY_MS)
    animation.next_duration_ms = 0


def _read_extension(reader: ByteReader, animation: _Animation) -> None:
    label = reader.read(1)[0]
    first = reader.read(reader.read(1)[0])
    if label == _GRAPHIC_CONTROL and len(first) >= 3:
        animation.next_duration_ms = 10 * int.from_bytes(first[1:3], "little")
    elif label == _APPLICATION and first in _LOOP_EXTENSIONS:
        _read_loop_count(reader, animation)
    if first:
        _skip_sub_blocks(reader, animation)


def _read_loop_count(reader: ByteReader, animation: _Animation) -> None:
    """The extension counts repetitions; 0 means forever. A GIF with 2 plays three times, as in browsers."""
    start = reader.tell()
    block = reader.read(reader.read(1)[0])
    if len(block) == 3 and block[0] == 1:
        repetitions = int.from_bytes(block[1:3], "little")
        animation.loop_count = min(repetitions + 1, 0xFFFF) if repetitions else 0
    elif not block:
        reader.seek(start)


def _skip_colour_table(reader: ByteReader, flags: int) -> None:
    if flags & 0x80:
        reader.skip(3 << ((flags & 0x07) + 1))


def _skip_sub_blocks(reader: ByteReader, animation: _Animation) -> None:
    while length := reader.read(1)[0]:
        animation.sub_blocks.add()
        reader.skip(length)
