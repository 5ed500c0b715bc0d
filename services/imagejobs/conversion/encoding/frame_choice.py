"""The choice of encodings for each frame of an animation: sometimes all that may win, else those that won before."""

from collections.abc import Mapping

from imagejobs.conversion.encoding.trial import Encoding

_CLOSE = 1.15
"""An encoding that took up to this many times the bytes of the smallest may win for the next frame."""
_ALIKE = 1.3
"""If the bytes for each pixel change by more than this factor, all encodings are tried again."""
_MOST_FRAMES = 16
"""After so many frames in the encodings that won before, all are tried again."""


class FrameChoice:
    """Learns which encodings win. While the same ones win, the others are tried less and less often."""

    def __init__(self) -> None:
        self._ways: frozenset[Encoding] = frozenset()
        self._cost = 0.0
        self._frames = self._left = 0

    @property
    def ways(self) -> frozenset[Encoding]:
        """The encodings to try for the next frame; empty for all that may win."""
        return self._ways if self._left else frozenset()

    def accepts(self, smallest: int, pixels: int) -> bool:
        """Whether a frame is like the last one learned. `smallest` is the least of its bytes in `ways`."""
        cost = smallest / pixels
        if not self._cost / _ALIKE <= cost <= self._cost * _ALIKE:
            return False
        self._left -= 1
        return True

    def learn(self, sizes: Mapping[Encoding, int], pixels: int) -> None:
        """Note the bytes that a frame took in every encoding that may win."""
        smallest = min(sizes.values())
        ways = frozenset(encoding for encoding, size in sizes.items() if size <= smallest * _CLOSE)
        self._frames = min(max(1, 2 * self._frames), _MOST_FRAMES) if ways == self._ways else 0
        self._ways, self._cost, self._left = ways, smallest / pixels, self._frames
