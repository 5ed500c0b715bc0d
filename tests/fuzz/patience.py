"""An end for code that may loop for ever."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class TooSlow(Exception):
    """It took longer than it may."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raises TooSlow into a block that uses more processor time, whatever else the machine does. Main thread only."""
    until = time.thread_time() + seconds

    def expire(_: int, __: FrameType | None) -> None:
        left = until - time.thread_time()
        if left <= 0:
            raise TooSlow(f"it took more than {seconds:g} s of processor time")
        signal.setitimer(signal.ITIMER_VIRTUAL, left)  # other threads of this process used it up

    before = signal.signal(signal.SIGVTALRM, expire)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
