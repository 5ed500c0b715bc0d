"""How a picture of each EXIF orientation is turned upright (CIPA DC-008, 4.6.4)."""

from collections.abc import Callable

import numpy as np
from measures.decoded_pictures import Pixels

UPRIGHT: dict[int, Callable[[Pixels], Pixels]] = {
    1: lambda stored: stored,
    2: lambda stored: stored[:, ::-1],
    3: lambda stored: stored[::-1, ::-1],
    4: lambda stored: stored[::-1],
    5: lambda stored: stored.transpose(1, 0, 2),
    6: lambda stored: np.rot90(stored, -1),
    7: lambda stored: stored[::-1, ::-1].transpose(1, 0, 2),
    8: lambda stored: np.rot90(stored, 1),
}
"""Functions from the stored to the upright picture, by orientation."""
