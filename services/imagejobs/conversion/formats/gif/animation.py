"""Splits animated GIF files into frames (GIF89a specification).

ImageMagick can draw the frames on their canvas itself (`coalesce`), but only all of them at once, in memory.
"""

import struct
from collections.abc import Iterator
from dataclasses import replace

from imagejobs.conversion.errors import corrupt
from imagejobs.conversion.formats.animation_frame import AnimationFrame

_SCREEN, _TRAILER = struct.Struct("<6sHHBBB"), b"\x3b"
_EXTENSION, _IMAGE, _PADDING = 0x21, 0x2C, 0x00
_GRAPHIC_CONTROL = 0xF9
_CONTROL = struct.Struct("<BBBBHBB")
_DESCRIPTOR = struct.Struct("<BHHHHB")
_LARGEST_TABLE = 7
"""The largest value of the flags' size field; a table has 2 ** (size + 1) colours."""
_CLEAR, _RESTORE = 2, 3
"""Disposal methods. Old encoders write 4 for 3, a common mistake."""


def split_gif(data: bytes, durations_ms: tuple[int, ...]) -> Iterator[AnimationFrame]:
    """The frames of a GIF that `probe` accepted, with the durations that it found.

    Raises ConversionError `corrupt`, also if the file has another number of frames than of durations.
    """
    try:
        for still, duration_ms in zip(_split(data), durations_ms, strict=True):
            yield replace(still, duration_ms=duration_ms)
    except (struct.error, IndexError, ValueError) as error:
        raise corrupt("The GIF cannot be split into its frames") from error


def _split(data: bytes) -> Iterator[AnimationFrame]:
    _, _, _, flags, _, _ = _SCREEN.unpack_from(data)
    at = _SCREEN.size
    table = data[at : at + _table_size(flags)]
    at += len(table)
    control = b""
    while at < len(data) and data[at : at + 1] != _TRAILER:
        start = at
        if data[at] == _EXTENSION:
            at = _skip_sub_blocks(data, at + 2)
            control = data[start:at] if data[start + 1] == _GRAPHIC_CONTROL else control
        elif data[at] == _IMAGE:
            at = _skip_image(data, at)
            yield _frame(data[start:at], (flags, table), control)
            control = b""
        elif data[at] == _PADDING:
            at += 1
        else:
            return  # `probe` accepts other bytes after the frames.


def _frame(image: bytes, table: tuple[int, bytes], control: bytes) -> AnimationFrame:
    """The image block as a GIF file whose screen has the size of the frame."""
    _, x, y, width, height, flags = _DESCRIPTOR.unpack_from(image)
    disposal = control[3] >> 2 & 7 if len(control) == _CONTROL.size else 0
    local_end = _DESCRIPTOR.size + _table_size(flags)
    global_flags, global_colors = _filled(*table)
    local_flags, local_colors = _filled(flags, image[_DESCRIPTOR.size : local_end])
    still = b"".join(
        (
            _SCREEN.pack(b"GIF89a", width, height, global_flags, 0, 0),
            global_colors,
            control,
            _DESCRIPTOR.pack(_IMAGE, 0, 0, width, height, local_flags),
            local_colors,
            image[local_end:],
            _TRAILER,
        )
    )
    clears, restores = disposal == _CLEAR, disposal in {_RESTORE, _RESTORE + 1}
    return AnimationFrame(x, y, width, height, 0, still, blend=True, dispose=clears, restore=restores)


def _filled(flags: int, table: bytes) -> tuple[int, bytes]:
    """The colour table filled with black up to 256 colours, and the flags with the new size.

    Browsers show black for an index beyond the table; ImageMagick shows the first colour.
    """
    return (flags | _LARGEST_TABLE, table.ljust(_table_size(0xFF), b"\0")) if table else (flags, table)


def _table_size(flags: int) -> int:
    return 3 << ((flags & 0x07) + 1) if flags & 0x80 else 0


def _skip_image(data: bytes, at: int) -> int:
    flags = _DESCRIPTOR.unpack_from(data, at)[5]
    return _skip_sub_blocks(data, at + _DESCRIPTOR.size + _table_size(flags) + 1)


def _skip_sub_blocks(data: bytes, at: int) -> int:
    while length := data[at]:
        at += 1 + length
    return at + 1
