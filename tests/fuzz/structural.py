"""Changes to a file that follow its structure, so that it passes the first checks."""

from random import Random

from fuzz.bytewise import INTERESTING, Mutation, delete_block, flip_bits, set_number, set_random
from fuzz.pieces import Number, Piece, pieces
from fuzz.png_frames import SIGNATURE, move_frame_data, repaired_png, rewrite_pixels

_HEADER_BYTES = 40
_MAX_FILE_BYTES = 1 << 20
_RIFF = b"RIFF"


def change_length(random: Random, data: bytes, _: bytes) -> bytes:
    """Give a part a wrong length."""
    if not (piece := _any(random, data)):
        return data
    return piece.length.written(data, _near(random, piece.length.read(data)))


def change_kind(random: Random, data: bytes, other: bytes) -> bytes:
    """Give a part the type of another part, or a type that does not exist."""
    if not (piece := _any(random, data)):
        return data
    source, model = random.choice([(data, _any(random, data)), (other, _any(random, other))])
    kind = source[model.kind] if model else b""
    if len(kind) != piece.kind.stop - piece.kind.start or random.random() < 0.3:
        kind = flip_bits(random, data[piece.kind], b"")
    return data[: piece.kind.start] + kind + data[piece.kind.stop :]


def change_header(random: Random, data: bytes, _: bytes) -> bytes:
    """Change a number at the beginning of a part, such as a size, count, offset, version or flag."""
    if not (piece := _any(random, data)):
        return data
    at = piece.payload + random.randrange(max(1, min(piece.end - piece.payload, _HEADER_BYTES)))
    number = Number(at, random.choice((1, 1, 2, 2, 3, 4)), piece.length.order)
    return number.written(data, _near(random, number.read(data)))


def change_content(random: Random, data: bytes, _: bytes) -> bytes:
    """Change bits or bytes within a part; all lengths stay correct."""
    if not (piece := _any(random, data)):
        return data
    content = data[piece.payload : piece.end]
    changed = random.choice((flip_bits, flip_bits, set_number, set_random))(random, content, b"")
    return data[: piece.payload] + changed[: len(content)] + data[piece.end :]


def cut_content(random: Random, data: bytes, _: bytes) -> bytes:
    """Shorten a part, and adapt its length."""
    if not (piece := _any(random, data)):
        return data
    content = data[piece.payload : piece.end]
    left = delete_block(random, content, b"")
    shorter = _replaced(data, piece, piece.payload, left)
    return piece.length.written(shorter, piece.length.read(data) - len(content) + len(left))


def remove(random: Random, data: bytes, _: bytes) -> bytes:
    """Remove a part."""
    piece = _any(random, data)
    return _replaced(data, piece, piece.start, b"") if piece else data


def repeat(random: Random, data: bytes, _: bytes) -> bytes:
    """Repeat a part, up to 400 times."""
    if not (piece := _any(random, data)):
        return data
    part = data[piece.start : piece.end]
    times = min(random.choice((2, 2, 3, 20, 400)), 1 + _MAX_FILE_BYTES // max(1, len(part)))
    return _replaced(data, piece, piece.start, part * times)


def swap(random: Random, data: bytes, _: bytes) -> bytes:
    """Exchange two parts."""
    one, other = _any(random, data), _any(random, data)
    if not one or not other or one.end > other.start:
        return data
    first, second = data[one.start : one.end], data[other.start : other.end]
    return data[: one.start] + second + data[one.end : other.start] + first + data[other.end :]


def transplant(random: Random, data: bytes, other: bytes) -> bytes:
    """Put a part of the other file before or in place of a part of this one."""
    piece, foreign = _any(random, data), _any(random, other)
    if not piece or not foreign:
        return data
    part = other[foreign.start : foreign.end]
    return _replaced(data, piece, piece.start, part + random.choice((b"", data[piece.start : piece.end])))


def repaired(data: bytes) -> bytes:
    """The file with correct sequence numbers and checksums if it is a PNG, or the correct length if it is a WebP."""
    if data.startswith(_RIFF):
        return Number(4, 4, "little").written(data, len(data) - 8)
    return repaired_png(data) if data.startswith(SIGNATURE) else data


def _any(random: Random, data: bytes) -> Piece | None:
    found = pieces(data)
    return random.choice(found) if found else None


def _near(random: Random, value: int) -> int:
    """Another number: a little larger or smaller, doubled, halved, negated, or an interesting one."""
    small = random.choice((-8, -4, -2, -1, 1, 2, 4, 8))
    return random.choice((value + small, value * 2, value // 2, -value, *random.choices(INTERESTING, k=4)))


def _replaced(data: bytes, piece: Piece, start: int, new: bytes) -> bytes:
    """The file with `new` from `start` to the part's end; the lengths of the enclosing parts are adapted."""
    grown = len(new) - (piece.end - start)
    for length in piece.around:
        data = length.written(data, length.read(data) + grown)
    return data[:start] + new + data[piece.end :]


STRUCTURAL: tuple[Mutation, ...] = (
    change_length,
    change_kind,
    change_header,
    change_header,
    change_header,
    change_content,
    change_content,
    cut_content,
    remove,
    repeat,
    swap,
    transplant,
    rewrite_pixels,
    move_frame_data,
)
