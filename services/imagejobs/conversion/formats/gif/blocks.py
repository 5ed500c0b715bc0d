"""The blocks of a GIF, from the logical screen to the trailer (GIF89a specification)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from imagejobs.conversion.errors import ConversionError, ErrorCode, corrupt, truncated
from imagejobs.conversion.formats.block_count import BlockCount
from imagejobs.conversion.formats.byte_reader import ByteReader
from imagejobs.value_ranges import WEBP_MAX_SIDE

SCREEN = struct.Struct("<6sHHBBB")
"""The start of the file: signature, width, height, flags, background colour and aspect ratio."""
DESCRIPTOR = struct.Struct("<cHHHHB")
"""An image descriptor: IMAGE, left, top, width, height and flags."""
TRAILER, _EXTENSION, IMAGE, _PADDING = b"\x3b", b"\x21", b"\x2c", b"\x00"
_ENDS = frozenset({TRAILER, b""})
"""The end of the file counts as the trailer: every decoder shows a file that lacks only its trailer."""
_GRAPHIC_CONTROL = 0xF9
_MAX_CODE_BITS = 11
"""The most bits of the first codes; codes grow up to 12 bits (appendix F)."""
_MAX_SUB_BLOCKS = 1 << 20
"""In all pictures and extensions. A GIF of 25 MB has 100,000 sub-blocks of full length, which is 255 bytes."""


@dataclass(frozen=True, slots=True)
class Extension:
    """An extension. `first` and `second` are its first sub-blocks, empty if absent; `span` is its place in the file."""

    label: int
    first: bytes
    second: bytes
    span: slice


@dataclass(frozen=True, slots=True)
class Picture:
    """The picture of a frame; `span` is its place in the file.

    `control` is the last graphic control extension before it with at least 3 bytes; shorter ones say nothing.
    """

    left: int
    top: int
    width: int
    height: int
    flags: int
    control: Extension | None
    span: slice


def read_screen(reader: ByteReader) -> tuple[int, int, int]:
    """Width, height and flags of the logical screen. Afterwards the reader is after the global colour table."""
    _, width, height, flags, _, _ = SCREEN.unpack(reader.read(SCREEN.size))
    reader.skip(table_bytes(flags))
    return width, height, flags


def read_blocks(reader: ByteReader) -> Iterator[Extension | Picture]:
    """The blocks from the first one after the screen to the trailer. Raises ConversionError.

    Other bytes after a picture count as the trailer.
    """
    blocks, sub_blocks = BlockCount("GIF", "blocks"), BlockCount("GIF", "sub-blocks", _MAX_SUB_BLOCKS)
    has_picture = is_announced = False
    control = None
    while (kind := reader.read_up_to(1)) not in _ENDS:
        blocks.add()
        is_announced = kind == _EXTENSION
        if kind == _EXTENSION:
            extension = _read_extension(reader, sub_blocks)
            if extension.label == _GRAPHIC_CONTROL and len(extension.first) >= 3:
                control = extension
            yield extension
        elif kind == IMAGE:
            yield _read_picture(reader, control, sub_blocks)
            has_picture, control = True, None
        elif kind == _PADDING:
            reader.skip_run(_PADDING)
        elif has_picture:
            return
        else:
            raise corrupt(f"The GIF has an impossible block at byte {reader.tell() - 1}")
    if not kind and is_announced:
        raise truncated(f"The GIF ends after {reader.size} bytes, before a frame that it announces")


def table_bytes(flags: int) -> int:
    """The length of the colour table that these flags announce."""
    return 3 << ((flags & 0x07) + 1) if flags & 0x80 else 0


def _read_extension(reader: ByteReader, sub_blocks: BlockCount) -> Extension:
    start = reader.tell() - 1
    label = reader.read(1)[0]
    first = reader.read(reader.read(1)[0])
    second = reader.read(reader.read(1)[0]) if first else b""
    if second:
        sub_blocks.add()
        _skip_sub_blocks(reader, sub_blocks)
    return Extension(label, first, second, slice(start, reader.tell()))


def _read_picture(reader: ByteReader, control: Extension | None, sub_blocks: BlockCount) -> Picture:
    start = reader.tell() - 1
    _, left, top, width, height, flags = DESCRIPTOR.unpack(IMAGE + reader.read(DESCRIPTOR.size - 1))
    if not width or not height:
        raise corrupt("The GIF has a frame with a width or height of 0")
    if max(width, height) > WEBP_MAX_SIDE:  # Even if the screen clips the frame: it is decoded whole.
        raise ConversionError(
            ErrorCode.TOO_MANY_PIXELS,
            f"The GIF has a frame of {width} x {height}; a side may have {WEBP_MAX_SIDE} pixels. Send a smaller image.",
        )
    reader.skip(table_bytes(flags))
    if not 1 <= reader.read(1)[0] <= _MAX_CODE_BITS:
        raise corrupt(f"The GIF has codes of an impossible size at byte {reader.tell() - 1}")
    _skip_sub_blocks(reader, sub_blocks)
    return Picture(left, top, width, height, flags, control, slice(start, reader.tell()))


def _skip_sub_blocks(reader: ByteReader, sub_blocks: BlockCount) -> None:
    while length := reader.read(1)[0]:
        sub_blocks.add()
        reader.skip(length)
