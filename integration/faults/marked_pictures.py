"""Pictures that can be told apart after their conversion: two plain halves whose colours are a number."""

import hashlib
import io
import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from bad_pictures import BAD
from PIL import Image

LEVELS = (16, 48, 80, 112, 144, 176, 208, 240)
"""Of each channel, so far apart that lossy conversion does not make one of the other."""
TOLERANCE = 12
NUMBERS = len(LEVELS) ** 6
SIZE = (96, 64)
LARGE = (2400, 1600)
"""Takes a worker most of a second."""

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class MarkedPicture:
    """The picture of a number. `content` takes the place of the file, for an upload that cannot succeed."""

    number: int
    size: tuple[int, int] = SIZE
    content: bytes | None = None

    @cached_property
    def data(self) -> bytes:
        """The file; a comment in it keeps two of one number apart."""
        if self.content is not None:
            return self.content
        out = io.BytesIO()
        width, height = self.size
        left, right = self._colours
        picture = Image.new("RGB", self.size, left)
        picture.paste(right, (width // 2, 0, width, height))
        picture.save(out, "JPEG", quality=95, subsampling=0, comment=f"picture {self.number}")
        return out.getvalue()

    @cached_property
    def sha256(self) -> str:
        """Of the file, as the record has it."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def can_succeed(self) -> bool:
        """Whether a job of it must not end FAILED."""
        return self.content is None

    def is_shown_by(self, converted: bytes) -> bool:
        """Whether a file decodes, and is a WebP of this picture and no other. Raises OSError if it is broken."""
        with Image.open(io.BytesIO(converted), formats=["WEBP"]) as opened:
            picture = opened.convert("RGB")
        width, height = picture.size
        seen = [cast("Colour", picture.getpixel((x * width // 4, height // 2))) for x in (1, 3)]
        pairs = zip(itertools.chain(*seen), itertools.chain(*self._colours), strict=True)
        return all(abs(found - wanted) <= TOLERANCE for found, wanted in pairs)

    @property
    def _colours(self) -> tuple[Colour, Colour]:
        number = self.number
        levels = []
        for _ in range(6):
            number, digit = divmod(number, len(LEVELS))
            levels.append(LEVELS[digit])
        return _colour(levels[:3]), _colour(levels[3:])


def _colour(levels: Sequence[int]) -> Colour:
    red, green, blue = levels
    return red, green, blue


class Album:
    """Hands out pictures, no two of them alike. Numbers are spread, so that neighbours differ clearly."""

    STRIDE = 100_003

    def __init__(self, seed: int = 0) -> None:
        self._numbers = itertools.count(seed * 1_000)

    def next(self, size: tuple[int, int] = SIZE, content: bytes | None = None) -> MarkedPicture:
        """One that was not handed out before. For any number of threads."""
        return MarkedPicture(next(self._numbers) * self.STRIDE % NUMBERS, size, content)

    def broken(self) -> MarkedPicture:
        """A JPEG that is accepted and cannot be decoded."""
        number = next(self._numbers)
        return MarkedPicture(number, content=BAD["jpg"](random.Random(number)))  # noqa: S311 - a fixed seed

    def take(self, count: int, size: tuple[int, int] = SIZE) -> list[MarkedPicture]:
        """As many."""
        return [self.next(size) for _ in range(count)]
