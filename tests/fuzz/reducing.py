"""A smaller file that does the same."""

import time
from collections.abc import Callable

from fuzz.structural import repaired

_SMALLEST = 16


def reduced(data: bytes, does_it: Callable[[bytes], bool], seconds: float) -> bytes:
    """Take away half, then quarters and so on, as long as it still does it and there is time."""
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
