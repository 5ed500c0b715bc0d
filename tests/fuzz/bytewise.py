"""Changes to a file that know nothing of its format. Each takes where chance comes from, the file, and another one."""

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
"""Where signs turn, sizes end and loops go wrong."""
_MOST_AT_ONCE = 8
_LONG = 4096


def _place(random: Random, data: bytes) -> int:
    """Half of the time near the beginning, where the headers are."""
    return random.randrange(min(len(data), 200) if random.random() < 0.5 else len(data)) if data else 0


def _block(random: Random, data: bytes) -> tuple[int, int]:
    """A stretch, short ones as often as long ones."""
    start = _place(random, data)
    return start, min(len(data), start + int(2 ** random.uniform(0, 12)))


def flip_bits(random: Random, data: bytes, _other: bytes) -> bytes:
    """One to eight bits."""
    changed = bytearray(data)
    for _ in range(random.randint(1, _MOST_AT_ONCE) if data else 0):
        changed[_place(random, data)] ^= 1 << random.randrange(8)
    return bytes(changed)


def set_number(random: Random, data: bytes, _other: bytes) -> bytes:
    """An interesting number of one to eight bytes, in either order, anywhere."""
    size, at = random.choice((1, 2, 3, 4, 8)), _place(random, data)
    value = random.choice(INTERESTING) % (1 << 8 * size)
    return data[:at] + value.to_bytes(size, random.choice(("little", "big"))) + data[at + size :]


def set_random(random: Random, data: bytes, _other: bytes) -> bytes:
    """A stretch of noise, of the same length."""
    start, end = _block(random, data)
    return data[:start] + random.randbytes(end - start) + data[end:]


def blank_block(random: Random, data: bytes, _other: bytes) -> bytes:
    """Zeros in the place of a stretch, or of all the rest, as where a file was never written to its end."""
    start, end = _block(random, data)
    end = random.choice((end, len(data)))
    return data[:start] + bytes(end - start) + data[end:]


def delete_block(random: Random, data: bytes, _other: bytes) -> bytes:
    """A stretch less."""
    start, end = _block(random, data)
    return data[:start] + data[end:]


def repeat_block(random: Random, data: bytes, _other: bytes) -> bytes:
    """A stretch again, once or often."""
    start, end = _block(random, data)
    return data[:end] + data[start:end] * random.choice((1, 1, 2, 16)) + data[end:]


def insert_block(random: Random, data: bytes, other: bytes) -> bytes:
    """Noise, one byte again and again, or a stretch of another file."""
    at, size = _place(random, data), random.choice((1, 2, 4, 16, 255, _LONG))
    start = _place(random, other)
    filling: Sequence[bytes] = (random.randbytes(size), random.randbytes(1) * size, other[start : start + size])
    return data[:at] + random.choice(filling) + data[at:]


def truncate(random: Random, data: bytes, _other: bytes) -> bytes:
    """The beginning, or all but the last bytes."""
    return data[: random.randrange(len(data) + 1) if random.random() < 0.5 else -random.randint(1, 20)]


def splice(random: Random, data: bytes, other: bytes) -> bytes:
    """The beginning of one and the end of another."""
    return data[: _place(random, data)] + other[_place(random, other) :]


def swap_headers(random: Random, data: bytes, other: bytes) -> bytes:
    """The first bytes of another file, usually of another format, before or instead of its own."""
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
"""A mutation that stands twice is taken twice as often."""
