"""The animation of a PNG, chunk by chunk (W3C PNG, third edition, 11.3.6)."""

import struct
from dataclasses import dataclass, field
from itertools import accumulate, pairwise

ANIMATION_CHUNKS = frozenset({b"acTL", b"fcTL", b"fdAT"})
LOOKED_AT = 27
"""The first bytes of a chunk that `PngAnimation.add` needs: the longest header, and one byte more."""
_ANNOUNCEMENT = struct.Struct(">II")
_CONTROL = struct.Struct(">IIIIIHHBB")
_SEQUENCE_BYTES = 4
_MOST = 2**31 - 1
_MOST_PLAYS = 0xFFFF
"""The most plays that a WebP can count."""
NONE, BACKGROUND, PREVIOUS = 0, 1, 2
"""How a frame's rectangle is disposed of after it was shown."""
SOURCE, OVER = 0, 1
"""Whether a frame replaces its rectangle or is drawn over it."""


@dataclass(frozen=True, slots=True)
class PngFrame:
    """A rectangle of the canvas and the parts of its compressed data. `is_still` if the parts are the IDAT chunks."""

    x: int
    y: int
    width: int
    height: int
    seconds: float
    disposal: int
    blend: int
    is_still: bool
    data: list[bytes | memoryview] = field(default_factory=list)


class PngAnimation:
    """Finds the frames of a PNG from its chunks, which it takes in the order of the file.

    `damage` is what is wrong with the animation, empty if nothing is. A PNG with a damaged animation counts as the
    still of its IDAT chunks, as the standard demands. A PNG without acTL is a still, whatever else it contains.
    """

    def __init__(self, width: int, height: int) -> None:
        self.loop_count = 1
        self.is_announced = False
        self._damage = ""
        self._announced = 0
        self._canvas = (width, height)
        self._frames: list[PngFrame] = []
        self._next = 0
        self._has_still = False
        self._is_complete = False

    def add(self, kind: bytes, data: bytes | memoryview) -> None:
        """Take the next chunk, with all of its data or the first LOOKED_AT bytes of it."""
        self._notice(kind)
        if not self._damage and not self._is_complete:
            self._damage = self._take(kind, data)
        self._has_still |= kind == b"IDAT"

    def fail(self, kind: bytes, damage: str) -> None:
        """Take the next chunk, which cannot be used."""
        self._notice(kind)
        self._damage = self._damage or damage

    @property
    def damage(self) -> str:
        """What is wrong with the animation; empty if nothing is, or if the file announces no animation."""
        return self._damage if self.is_announced else ""

    @property
    def frames(self) -> list[PngFrame]:
        """The frames that have data; empty for a still, and for a damaged animation."""
        is_whole = self.is_announced and not self._damage
        found = [frame for frame in self._frames if frame.data] if is_whole else []
        return [] if len(found) == 1 and found[0].is_still else found

    @property
    def durations_ms(self) -> tuple[int, ...]:
        """The duration of each frame. Frames end at the nearest millisecond: rounding errors do not add up."""
        ends = [round(1000 * end) for end in accumulate(frame.seconds for frame in self.frames)]
        return tuple(end - start for start, end in pairwise([0, *ends]))

    def _notice(self, kind: bytes) -> None:
        self.is_announced |= kind == b"acTL" and not self._has_still

    def _take(self, kind: bytes, data: bytes | memoryview) -> str:
        """Take a chunk. Returns what is wrong with it, empty if nothing is."""
        if kind == b"acTL" and not self._has_still:
            return self._announce(data)
        if self._has_still and not self.is_announced:
            return ""
        if kind == b"fcTL":
            return self._begin(data)
        if kind == b"fdAT":
            return self._continue(data)
        if kind == b"IDAT" and self._frames:
            self._frames[0].data.append(data)
        return ""

    def _announce(self, data: bytes | memoryview) -> str:
        if self._announced or len(data) != _ANNOUNCEMENT.size:
            return "its announcement is not clear"
        frames, plays = _ANNOUNCEMENT.unpack(data)
        if not 0 < frames <= _MOST or plays > _MOST:
            return "it announces an impossible number of frames"
        self._announced, self.loop_count = frames, min(plays, _MOST_PLAYS)
        return ""

    def _begin(self, data: bytes | memoryview) -> str:
        if len(data) != _CONTROL.size:
            return "a frame has a header of impossible length"
        sequence, width, height, x, y, delay, per_second, disposal, blend = _CONTROL.unpack(data)
        if not self._is_next(sequence) or (self._frames and not self._frames[-1].data):
            return "its frames are not in order"
        if self._frames and len(self._frames) == self._announced:  # Further frames are not announced, and are ignored.
            self._is_complete = True
            return ""
        is_inside = width and height and x + width <= self._canvas[0] and y + height <= self._canvas[1]
        is_whole = (width, height) == self._canvas
        if not is_inside or not (is_whole or self._has_still) or disposal > PREVIOUS or blend > OVER:
            return "a frame is impossible"
        seconds = delay / (per_second or 100)
        self._frames.append(PngFrame(x, y, width, height, seconds, disposal, blend, not self._has_still))
        return ""

    def _continue(self, data: bytes | memoryview) -> str:
        if len(data) < _SEQUENCE_BYTES or not self._is_next(int.from_bytes(data[:_SEQUENCE_BYTES], "big")):
            return "its frames are not in order"
        if not self._frames or self._frames[-1].is_still:
            return "a frame has no header"
        self._frames[-1].data.append(data[_SEQUENCE_BYTES:])
        return ""

    def _is_next(self, sequence: int) -> bool:
        expected, self._next = self._next, self._next + 1
        return sequence == expected
