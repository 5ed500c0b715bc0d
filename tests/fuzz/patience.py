"""A time limit for code that may loop for ever."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class TooSlow(Exception):
    """The block used more processor time than it was allowed."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise TooSlow inside the block once this thread has used more processor time. Main thread only.

    Processor time does not depend on how busy the machine is.
    """
    until = time.thread_time() + seconds

    def expire(_: int, __: FrameType | None) -> None:
        left = until - time.thread_time()
        if left <= 0:
            raise TooSlow(f"it took more than {seconds:g} s of processor time")
        signal.setitimer(signal.ITIMER_VIRTUAL, left)  # the timer counts all threads: another one used the time

    before = signal.signal(signal.SIGVTALRM, expire)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
