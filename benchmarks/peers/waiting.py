"""Waiting for something to become true."""

import time
from collections.abc import Callable

LOOK_SECONDS = 0.05


class TooLate(Exception):
    """What a measurement needs did not happen in time."""


def holds_within(seconds: float, condition: Callable[[], bool]) -> bool:
    """Ask again and again until the condition holds; whether it did in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_SECONDS)
    return True


def wait_for(what: str, seconds: float, condition: Callable[[], bool]) -> None:
    """The same, for what must happen. Raises TooLate."""
    if not holds_within(seconds, condition):
        raise TooLate(f"not within {seconds:g} s: {what}")
