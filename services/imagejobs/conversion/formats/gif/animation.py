"""Splits animated GIF files into frames (GIF89a specification).

ImageMagick can draw the frames on their canvas itself (`coalesce`), but only all of them at once, in memory.
"""

import io
from collections.abc import Iterator

from imagejobs.conversion.formats.animation_frame import AnimationFrame
from imagejobs.conversion.formats.byte_reader import ByteReader
from imagejobs.conversion.formats.gif.blocks import (
    DESCRIPTOR,
    IMAGE,
    SCREEN,
    TRAILER,
    Picture,
    read_blocks,
    read_screen,
    table_bytes,
)
from imagejobs.conversion.formats.gif.structure import duration_ms

_CONTROL_BYTES = 8
_LARGEST_TABLE = 7
"""The largest value of the flags' size field; a table has 2 ** (size + 1) colours."""
_CLEAR, _RESTORE = 2, 3
"""Disposal methods. Old encoders write 4 for 3, a common mistake."""


def split_gif(data: bytes) -> Iterator[AnimationFrame]:
    """The frames of a GIF that `probe` accepted, each as a GIF file whose screen has the size of the frame."""
    reader = ByteReader(io.BytesIO(data), "GIF")
    _, _, flags = read_screen(reader)
    screen = _filled(flags, data[SCREEN.size : reader.tell()])
    for block in read_blocks(reader):
        if isinstance(block, Picture):
            yield _frame(block, data, *screen)


def _frame(picture: Picture, data: bytes, global_flags: int, global_table: bytes) -> AnimationFrame:
    place = (picture.left, picture.top, width := picture.width, height := picture.height)
    control = data[picture.control.span] if picture.control else b""
    disposal = control[3] >> 2 & 7 if len(control) == _CONTROL_BYTES else 0
    clears, restores = disposal == _CLEAR, disposal in {_RESTORE, _RESTORE + 1}
    block, table_end = data[picture.span], DESCRIPTOR.size + table_bytes(picture.flags)
    flags, table = _filled(picture.flags, block[DESCRIPTOR.size : table_end])
    screen = SCREEN.pack(b"GIF89a", width, height, global_flags, 0, 0) + global_table
    head = DESCRIPTOR.pack(IMAGE, 0, 0, width, height, flags) + table
    still = b"".join((screen, control, head, block[table_end:], TRAILER))
    return AnimationFrame(*place, duration_ms(picture), still, blend=True, dispose=clears, restore=restores)


def _filled(flags: int, table: bytes) -> tuple[int, bytes]:
    """The colour table filled with black up to 256 colours, and the flags with the new size.

    Browsers show black for an index beyond the table; ImageMagick shows the first colour.
    """
    return (flags | _LARGEST_TABLE, table.ljust(table_bytes(0xFF), b"\0")) if table else (flags, table)
