"""Images that can be told apart after conversion: two halves in plain colours that encode a number."""

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
"""The levels of each channel, so far apart that lossy conversion cannot turn one into another."""
TOLERANCE = 12
NUMBERS = len(LEVELS) ** 6
SIZE = (96, 64)
LARGE = (2400, 1600)
"""A size whose conversion takes a worker most of a second."""

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class MarkedPicture:
    """The image of a number. `content` replaces the file's bytes, for an upload whose conversion must fail."""

    number: int
    size: tuple[int, int] = SIZE
    content: bytes | None = None

    @cached_property
    def data(self) -> bytes:
        """The file's bytes. A comment in the file keeps images that share a number apart."""
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
        """The file's hash, as the record contains it."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def can_succeed(self) -> bool:
        """Whether a job with this image must not become FAILED."""
        return self.content is None

    def is_shown_by(self, converted: bytes) -> bool:
        """Whether a WebP file shows this image and no other. Raises OSError if the file does not decode."""
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
    """Makes distinct images. Consecutive numbers are spread, so that their colours differ clearly."""

    STRIDE = 100_003

    def __init__(self, seed: int = 0) -> None:
        self._numbers = itertools.count(seed * 1_000)

    def next(self, size: tuple[int, int] = SIZE, content: bytes | None = None) -> MarkedPicture:
        """An image that was not returned before. Safe to use from any number of threads."""
        return MarkedPicture(next(self._numbers) * self.STRIDE % NUMBERS, size, content)

    def broken(self) -> MarkedPicture:
        """A JPEG that the API accepts and no worker can decode."""
        number = next(self._numbers)
        return MarkedPicture(number, content=BAD["jpg"](random.Random(number)))  # noqa: S311 - a fixed seed

    def take(self, count: int, size: tuple[int, int] = SIZE) -> list[MarkedPicture]:
        """`count` distinct images."""
        return [self.next(size) for _ in range(count)]
