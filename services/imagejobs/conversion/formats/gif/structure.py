"""The structure of a GIF, from its blocks (GIF89a specification)."""

from imagejobs.conversion.errors import corrupt
from imagejobs.conversion.formats.byte_reader import ByteReader
from imagejobs.conversion.formats.gif.blocks import Extension, Picture, read_blocks, read_screen
from imagejobs.conversion.formats.structure import Structure

_APPLICATION = 0xFF
_LOOP_EXTENSIONS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_HASTY_MS, _STEADY_MS = 10, 100
"""Browsers and gif2webp show a frame of 10 ms or less for 100 ms."""


def read_gif(reader: ByteReader) -> Structure:
    """Read the blocks up to the trailer. Raises ConversionError.

    A first frame that is larger than the screen enlarges the screen, as in viewers. A later frame is clipped to the
    screen, but `pixels` counts all of it, because it is decoded whole.
    """
    width, height, _ = read_screen(reader)
    loop_count = 1
    extents: list[tuple[int, int]] = []
    durations_ms: list[int] = []
    for block in read_blocks(reader):
        if isinstance(block, Picture):  # Not kept: a hostile file has tens of thousands, each with an extension.
            extents.append((block.left + block.width, block.top + block.height))
            durations_ms.append(duration_ms(block))
        elif (found := _loop_count(block)) is not None:
            loop_count = found
    if not extents:
        raise corrupt("The GIF contains no picture")
    width, height = max(width, extents[0][0]), max(height, extents[0][1])
    pixels = sum(max(width * height, right * bottom) for right, bottom in extents)
    return Structure(width, height, len(extents), pixels, 1, loop_count, tuple(durations_ms))


def duration_ms(picture: Picture) -> int:
    """How long the picture is shown, in milliseconds."""
    delay_ms = 10 * int.from_bytes(picture.control.first[1:3], "little") if picture.control else 0
    return delay_ms if delay_ms > _HASTY_MS else _STEADY_MS


def _loop_count(extension: Extension) -> int | None:
    """How often the animation plays, 0 for forever; None if another extension.

    The extension counts repetitions: a GIF with 2 plays three times, as in browsers.
    """
    is_known = extension.label == _APPLICATION and extension.first in _LOOP_EXTENSIONS
    if not is_known or len(extension.second) != 3 or extension.second[0] != 1:
        return None
    repetitions = int.from_bytes(extension.second[1:3], "little")
    return min(repetitions + 1, 0xFFFF) if repetitions else 0
