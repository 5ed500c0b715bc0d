"""Reduce a file to the part that causes a behaviour."""

import time
from collections.abc import Callable

from fuzz.structural import repaired

_SMALLEST = 16


def reduced(data: bytes, does_it: Callable[[bytes], bool], seconds: float) -> bytes:
    """Remove halves, then quarters and so on, while `does_it` holds for the smaller file, for at most `seconds`."""
    until, size = time.monotonic() + seconds, len(data) // 2
    while size >= _SMALLEST:
        at = 0
        while at < len(data) and time.monotonic() < until:
            less = repaired(data[:at] + data[at + size :])
            if does_it(less):
                data = less
            else:
                at += size
        size //= 2
    return data
