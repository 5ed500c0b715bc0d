"""The boxes of an ISO base media file (ISO/IEC 14496-12), read from memory."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from imagejobs.conversion.errors import corrupt

_MAX_BOXES = 1 << 16


def fail(what: str) -> NoReturn:
    """Raise ConversionError `corrupt`; `what` completes the sentence "The HEIF file …"."""
    raise corrupt(f"The HEIF file {what}")


class Cursor:
    """Reads the numbers of a box in their order. Raises ConversionError `corrupt` at the end of the box."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self._data = data
        self._at = at

    def uint(self, size: int) -> int:
        """A big-endian number of `size` bytes; 0 if `size` is 0."""
        return int.from_bytes(self.take(size), "big")

    def int32(self) -> int:
        """A signed number of four bytes."""
        return int.from_bytes(self.take(4), "big", signed=True)

    def take(self, count: int) -> bytes:
        """The next bytes."""
        taken = self._data[self._at : self._at + count]
        if len(taken) != count:
            fail("has a box that is too short for what it announces")
        self._at += count
        return taken

    def rest(self) -> bytes:
        """All bytes that are left."""
        return self._data[self._at :]


@dataclass(frozen=True, slots=True)
class Box:
    """A box without its header. `at` is the position of `data` in the bytes that contain the box."""

    kind: bytes
    data: bytes
    at: int = 0

    def cursor(self) -> Cursor:
        """A reader of its payload."""
        return Cursor(self.data)

    def full(self) -> tuple[int, int, Cursor]:
        """The version, the flags, and a cursor after them."""
        cursor = self.cursor()
        return cursor.uint(1), cursor.uint(3), cursor


def boxes(data: bytes) -> Iterator[Box]:
    """The boxes that follow each other in these bytes; each must end within them."""
    at = 0
    for _ in range(_MAX_BOXES):
        if at == len(data):
            return
        size, kind, header = read_box_header(data[at : at + 16])
        end = at + size if size else len(data)
        if end > len(data):
            fail(f"has a box {shown(kind)} that is longer than the one around it")
        yield Box(kind, data[at + header : end], at + header)
        at = end
    fail("has too many boxes")


def read_box_header(head: bytes) -> tuple[int, bytes, int]:
    """The size of the box (0: to the end of the data), its type, and the size of its header, from up to 16 bytes."""
    if len(head) < 8:
        fail("has a box without a header")
    size, kind = struct.unpack(">I4s", head[:8])
    header = 8
    if size == 1:
        size, header = Cursor(head, 8).uint(8), 16
    if size and size < header:
        fail(f"has a box {shown(kind)} of impossible length")
    return size, kind, header


def whole_boxes(data: bytes, at: int) -> bytes:
    """These bytes up to the first box that is not whole; the boxes begin at position `at`."""
    for _ in range(_MAX_BOXES):
        if len(data) - at < 8:
            break
        size, _, _ = read_box_header(data[at : at + 16])
        if not size or at + size > len(data):
            break
        at += size
    return data[:at]


def find(data: bytes, kind: bytes) -> Box | None:
    """The first box of a type."""
    return next((box for box in boxes(data) if box.kind == kind), None)


def required(data: bytes, kind: bytes) -> Box:
    """The first box of a type. Raises ConversionError `corrupt` if it is missing."""
    return find(data, kind) or fail(f"has no box {kind.decode()}")


def shown(kind: bytes) -> str:
    """The type of a box in printable characters."""
    return "".join(c if c.isprintable() else "?" for c in kind.decode("latin-1"))
