"""The Huffman codes of a JPEG, as steps through entropy-coded data (ITU-T T.81, B.2.4.2 and F.2.2)."""

from collections.abc import Sequence

from imagejobs.conversion.formats.jpeg.segments import Segment

TABLES = 0xC4
"""The marker of a segment of tables (DHT)."""
_WINDOW = 16
"""The longest code, in bits."""
Step = tuple[int, int, bool]
"""Bits to skip, coefficients to skip, and whether the block ends after them. 0 bits: no code matches the window."""


class Codes(dict[int, Step]):
    """Maps a window of 16 bits to the step of its first code or, with `several`, of all its whole codes.

    A step is computed when it is first needed. `table` has the number of codes of each length, then the symbols.
    """

    def __init__(self, table: bytes, *, several: bool) -> None:
        super().__init__()
        self._several = several
        self._lengths: list[tuple[int, int, int, int]] = []
        self._symbols = table[_WINDOW:]
        code = index = 0
        for length, count in enumerate(table[:_WINDOW], 1):
            self._lengths.append((_WINDOW - length, code, code + count, index - code))
            code, index = (code + count) << 1, index + count

    def __missing__(self, window: int) -> Step:
        step = self[window] = self._all(window) if self._several else self._one(window)
        return step

    def _one(self, window: int) -> Step:
        for shift, first, end, offset in self._lengths:
            if first <= (code := window >> shift) < end and code + offset < len(self._symbols):
                run, size = divmod(self._symbols[code + offset], 16)
                ends_block = not size and run < 15
                return _WINDOW - shift + size, 0 if ends_block else run + 1, ends_block
        return 0, 0, False

    def _all(self, window: int) -> Step:
        bits, run, ends_block = self._one(window)
        while bits and not ends_block:
            more, further, is_last = self._one(window << bits & 0xFFFF)
            if not more or bits + more > _WINDOW:
                break
            bits, run, ends_block = bits + more, run + further, is_last
        return bits, run, ends_block


def read_tables(segments: Sequence[Segment]) -> dict[tuple[int, int], bytes]:
    """The Huffman tables by their class (0 for DC, 1 for AC) and number (B.2.4.2)."""
    tables = {}
    for payload in (each.payload for each in segments if each.marker == TABLES):
        at = 0
        while at + 1 + _WINDOW <= len(payload):
            end = at + 1 + _WINDOW + sum(payload[at + 1 : at + 1 + _WINDOW])
            tables[divmod(payload[at], 16)] = payload[at + 1 : end]
            at = end
    return tables
