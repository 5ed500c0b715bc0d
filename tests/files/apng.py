"""Write animated PNGs, and compose the canvases that a viewer shows (W3C PNG, third edition)."""

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from files import png as png_files
from measures.decoded_pictures import Pixels
from numpy.typing import NDArray

NONE, BACKGROUND, PREVIOUS = 0, 1, 2
SOURCE, OVER = 0, 1
CONTROL_BYTES = 26


@dataclass(frozen=True, slots=True)
class ApngFrame:
    """A frame at (x, y). `samples` are rows x columns x channels; `delay` is a fraction (a, b) of a second."""

    x: int
    y: int
    samples: NDArray[np.generic]
    delay: tuple[int, int] = (1, 10)
    disposal: int = NONE
    blend: int = SOURCE


def block(x: int, y: int, width: int, height: int, colour: Sequence[int], **more: Any) -> ApngFrame:
    """A frame of one colour."""
    return ApngFrame(x, y, np.full((height, width, len(colour)), colour), **more)


def apng(
    width: int,
    height: int,
    frames: Sequence[ApngFrame],
    *,
    bit_depth: int = 8,
    colour_type: int = png_files.RGBA,
    plays: int = 0,
    still: NDArray[np.generic] | None = None,
    chunks: Iterable[png_files.Chunk] = (),
    interlaced: bool = False,
    part_bytes: int = 1 << 20,
) -> bytes:
    """Write a file of these frames, whose data is split into chunks of `part_bytes`.

    `still` is the picture of a viewer without animation; by default the first frame is.
    """
    parts = [(b"acTL", struct.pack(">II", len(frames), plays)), *chunks]
    if still is not None:
        parts += [(b"IDAT", data) for data in _data(still, bit_depth, colour_type, interlaced, part_bytes)]
    sequence = 0
    for index, frame in enumerate(frames):
        parts.append((b"fcTL", control(sequence, frame)))
        sequence += 1
        for data in _data(frame.samples, bit_depth, colour_type, interlaced, part_bytes):
            if index or still is not None:
                parts.append((b"fdAT", struct.pack(">I", sequence) + data))
                sequence += 1
            else:
                parts.append((b"IDAT", data))
    return assemble(width, height, parts, bit_depth, colour_type, interlaced=interlaced)


def assemble(
    width: int,
    height: int,
    parts: Iterable[png_files.Chunk],
    bit_depth: int = 8,
    colour_type: int = png_files.RGBA,
    *,
    interlaced: bool = False,
) -> bytes:
    """Write a PNG of these chunks, between IHDR and IEND."""
    head = png_files.header(width, height, bit_depth, colour_type, interlaced=interlaced)
    return head + b"".join(png_files.chunk(*part) for part in (*parts, (b"IEND", b"")))


def chunks_of(data: bytes) -> list[png_files.Chunk]:
    """The chunks between IHDR and IEND, which `assemble` takes."""
    found, at = [], len(png_files.SIGNATURE)
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        found.append((kind, data[at + 8 : at + 8 + length]))
        at += 12 + length
    return found[1:-1]


def control(sequence: int, frame: ApngFrame) -> bytes:
    """The content of an fcTL chunk."""
    height, width = frame.samples.shape[:2]
    return struct.pack(
        ">IIIIIHHBB", sequence, width, height, frame.x, frame.y, *frame.delay, frame.disposal, frame.blend
    )


def compose(width: int, height: int, frames: Sequence[ApngFrame]) -> Iterator[Pixels]:
    """Yield the canvas of each RGBA frame, blended with straight alpha."""
    canvas = np.zeros((height, width, 4))
    for index, frame in enumerate(frames):
        rows, columns = frame.samples.shape[:2]
        place = canvas[frame.y : frame.y + rows, frame.x : frame.x + columns]
        before, above = place.copy(), frame.samples.astype(float)
        below = place[..., 3:] * (1 - above[..., 3:] / 255) if frame.blend == OVER else np.zeros_like(place[..., 3:])
        alpha = above[..., 3:] + below
        place[..., :3] = (above[..., :3] * above[..., 3:] + place[..., :3] * below) / np.maximum(alpha, 1)
        place[..., 3:] = alpha
        yield np.rint(canvas).astype(np.uint8)
        if frame.disposal == BACKGROUND or (frame.disposal == PREVIOUS and index == 0):
            place[:] = 0
        elif frame.disposal == PREVIOUS:
            place[:] = before


def _data(
    samples: NDArray[np.generic], bit_depth: int, colour_type: int, interlaced: bool, part_bytes: int
) -> Iterator[bytes]:
    whole = png_files.png(samples, bit_depth, colour_type, interlaced=interlaced)
    ((_, data),) = chunks_of(whole)
    return (data[at : at + part_bytes] for at in range(0, len(data), part_bytes))
