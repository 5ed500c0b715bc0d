"""Sizes of pictures in pixels, each a width and a height."""

Size = tuple[int, int]


def fit(width: int, height: int, max_side: int) -> Size:
    """The largest size of the same proportions in a square of `max_side`, but never larger than given, and never 0."""
    longest = max(width, height)
    if longest <= max_side:
        return width, height
    return _scaled(width, max_side, longest), _scaled(height, max_side, longest)


def upright(width: int, height: int, orientation: int) -> Size:
    """The size after EXIF's orientation (1 to 8) was applied: 5 to 8 turn the picture by a quarter."""
    return (height, width) if orientation >= 5 else (width, height)


def _scaled(side: int, numerator: int, denominator: int) -> int:
    """`side * numerator / denominator`, rounded half up, at least 1."""
    return max(1, (2 * side * numerator + denominator) // (2 * denominator))
