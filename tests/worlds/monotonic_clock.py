"""A monotonic clock that stands still until a test sets it."""


class MonotonicClock:
    """Returns `seconds`, which a test sets."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds
