"""Write animated WebPs, and compose the canvases that a viewer shows (RFC 9649)."""

import io
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from measures.decoded_pictures import Pixels
from PIL import Image

_ALPHA, _ANIMATION = 0x10, 0x02


@dataclass(frozen=True, slots=True)
class Part:
    """A frame of one RGBA colour at an even place. `blend` composes it over the canvas; otherwise it replaces it."""

    x: int
    y: int
    width: int
    height: int
    colour: tuple[int, int, int, int]
    duration: int = 100
    blend: bool = True
    dispose: bool = False


def riff_chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk, padded to an even length."""
    return kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def riff(*chunks: bytes) -> bytes:
    """Write a WebP of these chunks."""
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def extended_header(width: int, height: int, flags: int) -> bytes:
    """A VP8X chunk."""
    return riff_chunk(b"VP8X", bytes([flags, 0, 0, 0]) + _uint24(width - 1) + _uint24(height - 1))


def animated_webp(width: int, height: int, parts: Sequence[Part], loop: int = 0, further: bytes = b"") -> bytes:
    """Write a file whose frames are lossless; the chunks in `further` come after them."""
    flags = _ANIMATION | _ALPHA | (0x08 if further.startswith(b"EXIF") else 0)
    animation = riff_chunk(b"ANIM", bytes(4) + struct.pack("<H", loop))
    return riff(extended_header(width, height, flags), animation, *map(_frame, parts), further)


def compose(width: int, height: int, parts: Sequence[Part]) -> Iterator[Pixels]:
    """Yield the canvas of each frame, blended with straight alpha (2.7.1.1)."""
    canvas = np.zeros((height, width, 4))
    for part in parts:
        place = canvas[part.y : part.y + part.height, part.x : part.x + part.width]
        colour = np.array(part.colour, float)
        below = place[..., 3:] * (1 - colour[3] / 255) if part.blend else np.zeros_like(place[..., 3:])
        alpha = colour[3] + below
        place[..., :3] = (colour[:3] * colour[3] + place[..., :3] * below) / np.maximum(alpha, 1)
        place[..., 3:] = alpha
        yield np.rint(canvas).astype(np.uint8)
        if part.dispose:
            place[:] = 0


def _frame(part: Part) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGBA", (part.width, part.height), part.colour).save(buffer, "WEBP", lossless=True, exact=True)
    bitstream = buffer.getvalue()[12:]
    assert bitstream.startswith(b"VP8L")
    place = b"".join(map(_uint24, (part.x // 2, part.y // 2, part.width - 1, part.height - 1, part.duration)))
    flags = part.dispose | (not part.blend) << 1
    return riff_chunk(b"ANMF", place + bytes([flags]) + bitstream)


def _uint24(value: int) -> bytes:
    return value.to_bytes(3, "little")
