"""The size of an item of a HEIF file, and how it is cropped, turned and mirrored (ISO/IEC 23008-12, 6.5)."""

from dataclasses import dataclass
from fractions import Fraction
from math import floor

from imagejobs.conversion.formats.heif.boxes import Box, fail
from imagejobs.conversion.formats.heif.items import Item

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Crop:
    """Keep this rectangle."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Turn:
    """Rotate anticlockwise by 90 degrees, `quarters` times: 1 to 3."""

    quarters: int


@dataclass(frozen=True, slots=True)
class Mirror:
    """Exchange left and right if `is_sideways`, else top and bottom."""

    is_sideways: bool


Transform = Crop | Turn | Mirror


def coded_size(item: Item) -> Size:
    """Width and height as coded, from the property `ispe`. Raises ConversionError `corrupt` if it is missing."""
    for box in item.properties:
        if box.kind == b"ispe":
            _, _, cursor = box.full()
            width, height = cursor.uint(4), cursor.uint(4)
            if not width or not height:
                fail("has a picture with a width or height of 0")
            return width, height
    return fail("does not say how large a picture is")


def area(item: Item) -> int:
    """The number of pixels as coded."""
    width, height = coded_size(item)
    return width * height


def shown_size(item: Item) -> Size:
    """Width and height after all of its transforms."""
    size = coded_size(item)
    for transform in transforms_of(item):
        size = _size_after(transform, size)
    return size


def transforms_of(item: Item) -> list[Transform]:
    """From `clap`, `irot` and `imir`, in the order in which the item lists them, as libheif applies them."""
    size, found = coded_size(item), list[Transform]()
    for box in item.properties:
        if transform := _transform(box, size):
            found.append(transform)
            size = _size_after(transform, size)
    return found


def _size_after(transform: Transform, size: Size) -> Size:
    match transform:
        case Crop():
            return transform.width, transform.height
        case Turn(quarters) if quarters % 2:
            return size[1], size[0]
    return size


def _transform(box: Box, size: Size) -> Transform | None:
    if box.kind == b"clap":
        return _crop(size, box)
    if box.kind == b"irot" and (quarters := box.cursor().uint(1) & 3):
        return Turn(quarters)
    if box.kind == b"imir":
        return Mirror(bool(box.cursor().uint(1) & 1))
    return None


def _crop(size: Size, box: Box) -> Crop:
    """The clean aperture (ISO/IEC 14496-12, 12.1.4) in whole pixels, rounded as in libheif."""
    cursor = box.cursor()
    width, height, x, y = [_fraction(cursor.int32(), cursor.int32()) for _ in range(4)]
    (left, wide), (top, high) = _span(size[0], width, x), _span(size[1], height, y)
    return Crop(left, top, wide, high)


def _fraction(numerator: int, denominator: int) -> Fraction:
    return Fraction(numerator, denominator) if denominator > 0 else fail("crops its picture by an impossible number")


def _span(side: int, wanted: Fraction, offset: Fraction) -> tuple[int, int]:
    """Start and length of the cropped side. `offset` is from the centre of the side to the centre of the aperture."""
    left = int(offset + Fraction(side - 1, 2) - (wanted - 1) / 2)
    left, right = max(0, left), min(side - 1, floor(left + wanted - 1 + Fraction(1, 2)))
    return (left, right - left + 1) if right >= left else fail("crops its picture to nothing")
