"""The size of an item of a HEIF file, before and after cropping and turning (ISO/IEC 23008-12, 6.5)."""

from fractions import Fraction
from math import floor

from imagejobs.conversion.formats.heif.boxes import Box, fail
from imagejobs.conversion.formats.heif.items import Item

Size = tuple[int, int]


def coded_size(item: Item) -> Size:
    """Width and height as coded, from `ispe`, which every picture has."""
    for box in item.properties:
        if box.kind == b"ispe":
            _, _, cursor = box.full()
            width, height = cursor.uint(4), cursor.uint(4)
            if not width or not height:
                fail("has a picture with a width or height of 0")
            return width, height
    return fail("does not say how large a picture is")


def area(item: Item) -> int:
    """Pixels as coded."""
    width, height = coded_size(item)
    return width * height


def shown_size(item: Item) -> Size:
    """Width and height after `clap` (cropping) and `irot` (turning), in their order; `imir` changes neither."""
    size = coded_size(item)
    for box in item.properties:
        if box.kind == b"clap":
            size = _crop(size, box)
        elif box.kind == b"irot" and box.cursor().uint(1) & 1:
            size = size[1], size[0]
    return size


def _crop(size: Size, box: Box) -> Size:
    """The whole pixels within the clean aperture (ISO/IEC 14496-12, 12.1.4), as libheif rounds them."""
    cursor = box.cursor()
    width, height, x, y = [_fraction(cursor.int32(), cursor.int32()) for _ in range(4)]
    return _span(size[0], width, x), _span(size[1], height, y)


def _fraction(numerator: int, denominator: int) -> Fraction:
    return Fraction(numerator, denominator) if denominator > 0 else fail("crops its picture by an impossible number")


def _span(side: int, wanted: Fraction, offset: Fraction) -> int:
    """The length of what is left of a side: the aperture's centre is `offset` away from the side's."""
    left = int(offset + Fraction(side - 1, 2) - (wanted - 1) / 2)
    left, right = max(0, left), min(side - 1, floor(left + wanted - 1 + Fraction(1, 2)))
    return right - left + 1 if right >= left else fail("crops its picture to nothing")
