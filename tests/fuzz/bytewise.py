"""Changes to a file that ignore its format. Each takes a random generator, the file, and another file."""

from collections.abc import Callable, Sequence
from random import Random

Mutation = Callable[[Random, bytes, bytes], bytes]

INTERESTING: tuple[int, ...] = (
    0,
    1,
    2,
    3,
    4,
    7,
    8,
    15,
    16,
    31,
    32,
    63,
    64,
    100,
    127,
    128,
    255,
    256,
    257,
    511,
    512,
    1023,
    1024,
    4095,
    4096,
    16383,
    16384,
    32767,
    32768,
    65535,
    65536,
    1 << 20,
    (1 << 24) - 1,
    (1 << 31) - 1,
    1 << 31,
    (1 << 32) - 1,
    1 << 32,
    (1 << 63) - 1,
    (1 << 64) - 1,
)
"""Limits of signed and unsigned integers and of buffer sizes, and the numbers beside them."""
_MOST_AT_ONCE = 8
_LONG = 4096


def _place(random: Random, data: bytes) -> int:
    """An offset in the file: half of the time within the first 200 bytes, where the headers are."""
    return random.randrange(min(len(data), 200) if random.random() < 0.5 else len(data)) if data else 0


def _block(random: Random, data: bytes) -> tuple[int, int]:
    """Start and end of a block of up to 4096 bytes; its length is uniform on a logarithmic scale."""
    start = _place(random, data)
    return start, min(len(data), start + int(2 ** random.uniform(0, 12)))


def flip_bits(random: Random, data: bytes, _other: bytes) -> bytes:
    """Flip one to eight bits."""
    changed = bytearray(data)
    for _ in range(random.randint(1, _MOST_AT_ONCE) if data else 0):
        changed[_place(random, data)] ^= 1 << random.randrange(8)
    return bytes(changed)


def set_number(random: Random, data: bytes, _other: bytes) -> bytes:
    """Write an interesting number of one to eight bytes, in either byte order."""
    size, at = random.choice((1, 2, 3, 4, 8)), _place(random, data)
    value = random.choice(INTERESTING) % (1 << 8 * size)
    return data[:at] + value.to_bytes(size, random.choice(("little", "big"))) + data[at + size :]


def set_random(random: Random, data: bytes, _other: bytes) -> bytes:
    """Replace a block with random bytes."""
    start, end = _block(random, data)
    return data[:start] + random.randbytes(end - start) + data[end:]


def blank_block(random: Random, data: bytes, _other: bytes) -> bytes:
    """Replace a block, or the whole rest of the file, with zeros; an interrupted write leaves such a file."""
    start, end = _block(random, data)
    end = random.choice((end, len(data)))
    return data[:start] + bytes(end - start) + data[end:]


def delete_block(random: Random, data: bytes, _other: bytes) -> bytes:
    """Delete a block."""
    start, end = _block(random, data)
    return data[:start] + data[end:]


def repeat_block(random: Random, data: bytes, _other: bytes) -> bytes:
    """Repeat a block, up to 16 times."""
    start, end = _block(random, data)
    return data[:end] + data[start:end] * random.choice((1, 1, 2, 16)) + data[end:]


def insert_block(random: Random, data: bytes, other: bytes) -> bytes:
    """Insert random bytes, one repeated byte, or a block of another file."""
    at, size = _place(random, data), random.choice((1, 2, 4, 16, 255, _LONG))
    start = _place(random, other)
    filling: Sequence[bytes] = (random.randbytes(size), random.randbytes(1) * size, other[start : start + size])
    return data[:at] + random.choice(filling) + data[at:]


def truncate(random: Random, data: bytes, _other: bytes) -> bytes:
    """Cut the file at a random place, or cut up to 20 bytes off its end."""
    return data[: random.randrange(len(data) + 1) if random.random() < 0.5 else -random.randint(1, 20)]


def splice(random: Random, data: bytes, other: bytes) -> bytes:
    """Join the beginning of this file to the end of the other."""
    return data[: _place(random, data)] + other[_place(random, other) :]


def swap_headers(random: Random, data: bytes, other: bytes) -> bytes:
    """Put the other file's first bytes before or in place of this file's; its format is usually another."""
    size = random.choice((4, 8, 12, 16, 32, 64))
    return other[:size] + data[random.choice((0, size)) :]


BYTEWISE: tuple[Mutation, ...] = (
    flip_bits,
    flip_bits,
    set_number,
    set_number,
    set_random,
    blank_block,
    delete_block,
    repeat_block,
    insert_block,
    truncate,
    splice,
    swap_headers,
)
"""A mutation that is listed twice is chosen twice as often."""
