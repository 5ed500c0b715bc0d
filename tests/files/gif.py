"""Write GIFs, and compose the canvases that a viewer shows (GIF89a specification)."""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from measures.decoded_pictures import Pixels

KEEP, BACKGROUND, PREVIOUS = 1, 2, 3
Palette = Sequence[tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class GifFrame:
    """A frame filled with the colour `index`, or with `indices` if given; `delay` is in hundredths of a second."""

    x: int
    y: int
    width: int
    height: int
    index: int
    disposal: int = KEEP
    delay: int = 10
    transparent: int | None = None
    palette: Palette | None = None
    indices: bytes | None = None
    interlaced: bool = False

    @property
    def pixels(self) -> bytes:
        """The colour indices, row by row."""
        return self.indices or bytes([self.index]) * (self.width * self.height)


def gif(width: int, height: int, frames: Sequence[GifFrame], palette: Palette, loop: int | None = None) -> bytes:
    """Write a file with a global palette. `loop` is the count in the NETSCAPE2.0 extension; None omits it."""
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80 | _size_field(palette), 0, 0) + _table(palette)
    looping = b"" if loop is None else b"\x21\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<H", loop) + b"\0"
    return head + looping + b"".join(map(_frame, frames)) + b"\x3b"


def compose(width: int, height: int, frames: Sequence[GifFrame], palette: Palette) -> Iterator[Pixels]:
    """Yield the canvas of each frame. As in browsers, the ground is transparent, and BACKGROUND restores it."""
    canvas = np.zeros((height, width, 4), np.uint8)
    for frame in frames:
        before = canvas.copy()
        place = canvas[frame.y : frame.y + frame.height, frame.x : frame.x + frame.width]
        indices = np.frombuffer(frame.pixels, np.uint8).reshape(frame.height, frame.width)
        opaque = indices != (-1 if frame.transparent is None else frame.transparent)
        place[opaque, :3] = np.array(frame.palette or palette, np.uint8)[indices[opaque]]
        place[opaque, 3] = 255
        yield canvas.copy()
        if frame.disposal == BACKGROUND:
            place[:] = 0
        elif frame.disposal == PREVIOUS:
            canvas = before


def _frame(frame: GifFrame) -> bytes:
    has_transparency = frame.transparent is not None
    flags = frame.disposal << 2 | has_transparency
    control = struct.pack("<BHB", flags, frame.delay, frame.transparent or 0)
    local = 0x80 | _size_field(frame.palette) if frame.palette else 0
    place = struct.pack("<HHHHB", frame.x, frame.y, frame.width, frame.height, local | frame.interlaced << 6)
    table = _table(frame.palette) if frame.palette else b""
    return b"\x21\xf9\x04" + control + b"\0" + b"\x2c" + place + table + _image_data(_in_stored_order(frame))


def _in_stored_order(frame: GifFrame) -> bytes:
    """The indices in interlaced order: every 8th row from 0, 8th from 4, 4th from 2, 2nd from 1 (Appendix E)."""
    if not frame.interlaced:
        return frame.pixels
    rows = [frame.pixels[at : at + frame.width] for at in range(0, len(frame.pixels), frame.width)]
    return b"".join(row for start, step in ((0, 8), (4, 8), (2, 4), (1, 2)) for row in rows[start::step])


def _image_data(indices: bytes) -> bytes:
    """LZW data for up to 16 colours. Clear codes come so often that no code grows beyond 5 bits."""
    bits, clear = 5, 16
    codes = [clear]
    for at, index in enumerate(indices):
        if at and at % (clear - 2) == 0:
            codes.append(clear)
        codes.append(index)
    codes.append(clear + 1)
    number = sum(code << bits * at for at, code in enumerate(codes))
    data = number.to_bytes((len(codes) * bits + 7) // 8, "little")
    blocks = (data[at : at + 255] for at in range(0, len(data), 255))
    return bytes([bits - 1]) + b"".join(bytes([len(block)]) + block for block in blocks) + b"\0"


def _size_field(palette: Palette) -> int:
    return max(len(palette) - 1, 1).bit_length() - 1


def _table(palette: Palette) -> bytes:
    return b"".join(map(bytes, palette)).ljust(3 << _size_field(palette) + 1, b"\0")
