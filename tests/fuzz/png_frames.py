"""Changes to the pixels and frames of a PNG, and the repair of its sequence numbers and checksums."""

import zlib
from collections.abc import Sequence
from random import Random

from fuzz.bytewise import delete_block, flip_bits, set_number, set_random
from fuzz.pieces import Piece, pieces

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_STILL, _CONTROL, _DATA = b"IDAT", b"fcTL", b"fdAT"
_SEQUENCE_BYTES = 4
"""Size of the sequence number in fcTL and fdAT (W3C PNG, third edition, 11.3.4)."""


def rewrite_pixels(random: Random, data: bytes, other: bytes) -> bytes:
    """Change the samples or filters of the still or of a frame, and compress them again.

    A file that is not a PNG, or whose data cannot be decompressed, is returned unchanged.
    """
    pictures = _pictures(data)
    if not pictures:
        return data
    parts = random.choice(pictures)
    kind = data[parts[0].kind]
    before = _SEQUENCE_BYTES if kind == _DATA else 0
    try:
        samples = zlib.decompress(b"".join(data[each.payload + before : each.end - 4] for each in parts))
    except zlib.error:
        return data
    changed = random.choice((flip_bits, set_number, set_random, delete_block))(random, samples, other)
    number = data[parts[0].payload : parts[0].payload + before]
    return data[: parts[0].start] + _chunk(kind, number + zlib.compress(changed, 1)) + data[parts[-1].end :]


def move_frame_data(random: Random, data: bytes, _: bytes) -> bytes:
    """Turn a chunk of the still into a frame's, or a frame's into the still's, or cut a chunk into two."""
    parts = [each for each in _png_pieces(data) if data[each.kind] in (_STILL, _DATA)]
    if not parts:
        return data
    piece = random.choice(parts)
    is_still = data[piece.kind] == _STILL
    content = data[piece.payload + (0 if is_still else _SEQUENCE_BYTES) : piece.end - 4]
    middle = random.randrange(len(content) + 1)
    for_frames = not is_still if (cut := random.random() < 0.5) else is_still
    new = [content[:middle], content[middle:]] if cut else [content]
    chunks = [_chunk(_DATA, bytes(_SEQUENCE_BYTES) + each) if for_frames else _chunk(_STILL, each) for each in new]
    return data[: piece.start] + b"".join(chunks) + data[piece.end :]


def repaired_png(data: bytes) -> bytes:
    """The file with consecutive sequence numbers in its frames' chunks and with correct checksums."""
    changed, number = bytearray(data), 0
    for piece in pieces(data):
        if data[piece.kind] in (_CONTROL, _DATA) and piece.end - 4 - piece.payload >= _SEQUENCE_BYTES:
            changed[piece.payload : piece.payload + _SEQUENCE_BYTES] = number.to_bytes(_SEQUENCE_BYTES, "big")
            number += 1
        changed[piece.end - 4 : piece.end] = zlib.crc32(changed[piece.kind.start : piece.end - 4]).to_bytes(4, "big")
    return bytes(changed)


def _pictures(data: bytes) -> list[list[Piece]]:
    """The chunks with pixels, grouped by the picture that they belong to."""
    found: list[list[Piece]] = []
    before: bytes | None = None
    for piece in _png_pieces(data):
        kind = data[piece.kind]
        if kind in (_STILL, _DATA):
            if kind == before:
                found[-1].append(piece)
            else:
                found.append([piece])
        before = kind
    return found


def _png_pieces(data: bytes) -> Sequence[Piece]:
    return pieces(data) if data.startswith(SIGNATURE) else ()


def _chunk(kind: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")
