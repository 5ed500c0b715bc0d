"""Counting the blocks in entropy-coded data, without decoding their values (ITU-T T.81, A.2, B.2 and F.2.2)."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from imagejobs.conversion.formats.jpeg.huffman import TABLES, Codes, read_tables
from imagejobs.conversion.formats.jpeg.segments import SOS, Segment

_MAX_BYTES, _MAX_BLOCKS = 1_000_000, 200_000
"""Counting these takes 1 s at most. 200,000 blocks are 8 megapixels of 4:2:0."""
_BLOCK_SIDE, _COEFFICIENTS = 8, 64
_SEQUENTIAL = frozenset({0xC0, 0xC1})
_INTERVAL = 0xDD
CODING = _SEQUENTIAL | {TABLES, _INTERVAL, SOS}
"""The markers of the segments that are needed here."""
_RESTART = re.compile(rb"\xff+[\xd0-\xd7]")


@dataclass(frozen=True, slots=True)
class _Block:
    """The codes of a block in a scan: of the DC coefficient, and of the others, one by one and several at once."""

    dc: Codes
    one: Codes
    several: Codes


def lacks_blocks(segments: Sequence[Segment], data: bytes) -> bool:
    """Whether the data of the last scan, which follows these segments, ends too early.

    False also if this stays unknown: for pictures that are not sequential, are damaged, or would take too long.
    """
    frame = next((each.payload for each in segments if each.marker in _SEQUENTIAL), b"")
    units, blocks = _units(frame, segments)
    if not units or not blocks:
        return False
    interval = _interval(segments)
    restarts = -(-units // interval) - 1 if interval else 0
    if restarts > _MAX_BLOCKS:
        return False
    parts = _RESTART.split(data, maxsplit=restarts + 1) if interval else [data]
    if len(parts) - 1 != restarts:
        return len(parts) - 1 < restarts
    rest = units - restarts * interval
    if len(parts[-1]) > _MAX_BYTES or rest * len(blocks) > _MAX_BLOCKS:
        return False
    return _ends_early(parts[-1].replace(b"\xff\0", b"\xff"), blocks * rest)


def _ends_early(data: bytes, blocks: Iterable[_Block]) -> bool:
    at, end = 0, 8 * len(data)
    data += bytes(3)
    for block in blocks:
        codes, place, ends_block = block.dc, 0, False
        while place < _COEFFICIENTS and not ends_block:
            window = int.from_bytes(data[at >> 3 : (at >> 3) + 3]) >> 8 - (at & 7) & 0xFFFF
            bits, run, ends_block = codes[window]
            if codes is block.dc:
                run, ends_block, codes = 1, False, block.several
            elif place + run >= _COEFFICIENTS:
                bits, run, ends_block = block.one[window]
            if not bits:
                return False
            at, place = at + bits, place + run
            if at > end:
                return True
    return False


def _units(frame: bytes, segments: Sequence[Segment]) -> tuple[int, list[_Block]]:
    """The number of units (MCUs) of the last scan, and the blocks of each; 0 and none if the headers are damaged."""
    height, width = int.from_bytes(frame[1:3], "big"), int.from_bytes(frame[3:5], "big")
    sampling = {frame[at]: divmod(frame[at + 1], 16) for at in range(6, len(frame) - 2, 3)}
    scan = segments[-1].payload
    selected = dict(zip(scan[1 : 1 + 2 * scan[0] : 2], scan[2 : 2 + 2 * scan[0] : 2], strict=True))
    tables = read_tables(segments)
    if not selected.keys() <= sampling.keys() or not all(all(each) for each in sampling.values()):
        return 0, []
    across, down = (max(each[side] for each in sampling.values()) for side in (0, 1))
    if len(selected) == 1:  # Its blocks come row by row, without the padding to whole units (A.2.2).
        ((h, v),) = (sampling[each] for each in selected)
        width, height = -(-width * h // across), -(-height * v // down)
        across, down, sampling = 1, 1, dict.fromkeys(selected, (1, 1))
    blocks = []
    for component, numbers in selected.items():
        dc, ac = (tables.get((kind, number)) for kind, number in enumerate(divmod(numbers, 16)))
        if dc is None or ac is None:
            return 0, []
        h, v = sampling[component]
        blocks += [_Block(Codes(dc, several=False), Codes(ac, several=False), Codes(ac, several=True))] * (h * v)
    return -(-width // (_BLOCK_SIDE * across)) * -(-height // (_BLOCK_SIDE * down)), blocks


def _interval(segments: Sequence[Segment]) -> int:
    """The number of units between restart markers; 0 if there are no such markers (B.2.4.4)."""
    found = [int.from_bytes(each.payload[:2], "big") for each in segments if each.marker == _INTERVAL]
    return found[-1] if found else 0
