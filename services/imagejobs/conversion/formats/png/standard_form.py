"""Rewriting a PNG so that ImageMagick shows what other decoders show."""

import struct

from imagejobs.conversion.formats.png.chunks import GREY, HEADER, PALETTE, RGB, Chunk, chunk, chunks, png
from imagejobs.conversion.formats.png.colour import COLOUR_CHUNKS

_TRANSPARENT_VALUES = {GREY: struct.Struct(">H"), RGB: struct.Struct(">3H")}
_COLOUR_BYTES = 3


def standard_form(data: bytes) -> bytes:
    """The same picture in a file with an end chunk, and without the chunks that ImageMagick reads differently.

    The transparent grey or colour (tRNS) loses the bits above the bit depth, which decoders have to ignore (11.3.1.1);
    ImageMagick ignores the chunk. A short palette is filled with black, as in libpng; ImageMagick would show the first
    colour. The chunks that define the colours are left out, so that ImageMagick returns the samples as they are in the
    file: versions 6 and 7 apply these chunks by rules of their own.
    """
    parts = list(chunks(data))
    _, _, depth, colour_type, *_ = HEADER.unpack(parts[0].data)
    return png(*(_standard_chunk(part, depth, colour_type) for part in parts if part.kind not in COLOUR_CHUNKS))


def _standard_chunk(part: Chunk, depth: int, colour_type: int) -> bytes | memoryview:
    values = _TRANSPARENT_VALUES.get(colour_type)
    if part.kind == b"tRNS" and values and len(part.data) == values.size and part.is_intact:
        mask = (1 << depth) - 1
        return chunk(part.kind, values.pack(*(value & mask for value in values.unpack(part.data))))
    if part.kind == b"PLTE" and colour_type == PALETTE and len(part.data) and len(part.data) % _COLOUR_BYTES == 0:
        return chunk(part.kind, bytes(part.data).ljust(_COLOUR_BYTES << depth, b"\0"))
    return part.whole
