"""Which encodings are tried for each frame of an animation: all that may win now and then, else what won before."""

from collections.abc import Mapping

from imagejobs.conversion.encoding.trial import Encoding

_CLOSE = 1.15
"""An encoding that took this much more than the smallest may be the smallest of the next frame."""
_ALIKE = 1.3
"""A frame whose bytes a pixel changed by more than this is of another kind."""
_MOST_FRAMES = 16
"""That are encoded as the ones before, before all encodings are tried again."""


class FrameChoice:
    """Learns from frame to frame; as long as the same encodings win, it asks for all of them less and less often."""

    def __init__(self) -> None:
        self._ways: frozenset[Encoding] = frozenset()
        self._cost = 0.0
        self._frames = self._left = 0

    @property
    def ways(self) -> frozenset[Encoding]:
        """What to try for the next frame; empty for all that may win."""
        return self._ways if self._left else frozenset()

    def accepts(self, smallest: int, pixels: int) -> bool:
        """Whether a frame that was encoded in `ways`, to this many bytes at least, is like the last that was judged."""
        cost = smallest / pixels
        if not self._cost / _ALIKE <= cost <= self._cost * _ALIKE:
            return False
        self._left -= 1
        return True

    def learn(self, sizes: Mapping[Encoding, int], pixels: int) -> None:
        """Take note of a frame that was encoded in every way that may win, and of the bytes that each took."""
        smallest = min(sizes.values())
        ways = frozenset(encoding for encoding, size in sizes.items() if size <= smallest * _CLOSE)
        self._frames = min(max(1, 2 * self._frames), _MOST_FRAMES) if ways == self._ways else 0
        self._ways, self._cost, self._left = ways, smallest / pixels, self._frames
