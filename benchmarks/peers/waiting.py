"""Waiting for a condition."""

import time
from collections.abc import Callable

LOOK_SECONDS = 0.05


class TooLate(Exception):
    """A condition that a measurement needs did not hold in time."""


def holds_within(seconds: float, condition: Callable[[], bool]) -> bool:
    """Poll until the condition holds, and return whether it held in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_SECONDS)
    return True


def wait_for(what: str, seconds: float, condition: Callable[[], bool]) -> None:
    """Poll until the condition holds. Raises TooLate if it does not hold in time."""
    if not holds_within(seconds, condition):
        raise TooLate(f"not within {seconds:g} s: {what}")
