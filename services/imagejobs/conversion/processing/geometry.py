"""Sizes of pictures."""


def fit(width: int, height: int, max_side: int) -> tuple[int, int]:
    """The largest size of the same proportions within a square of `max_side`; never larger than it is, never 0."""
    longest = max(width, height)
    if longest <= max_side:
        return width, height
    return tuple(max(1, (2 * side * max_side + longest) // (2 * longest)) for side in (width, height))  # type: ignore[return-value]  # a pair in, a pair out
