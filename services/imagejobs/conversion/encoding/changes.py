"""What changes from one frame of an animation to the next."""

from dataclasses import dataclass

from imagejobs.conversion.magick.image import MagickImage

_BAND_ROWS = 64
_CLEAR = b"\0"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of the canvas in pixels. `left` and `top` are even, as WebP requires."""

    left: int
    top: int
    right: int
    bottom: int


def whole(frame: MagickImage) -> Box:
    """The rectangle of the whole frame."""
    return Box(0, 0, *frame.size)


def changed(before: MagickImage, frame: MagickImage) -> Box | None:
    """The smallest rectangle with all pixels that differ in 8 bits; None if none differs. Both have the same size.

    Pixels that are transparent in both frames count as equal, whatever their colours.
    """
    channels = "RGBA" if before.alpha_channel or frame.alpha_channel else "RGB"
    extent = _Extent(frame.width * len(channels))
    for top in range(0, frame.height, _BAND_ROWS):
        count = min(_BAND_ROWS, frame.height - top)
        one, other = (each.export_bytes(channels, top, count) for each in (before, frame))
        if one != other and channels == "RGBA" and _CLEAR in one[3::4] and _CLEAR in other[3::4]:
            return _changed_and_seen(before, frame)
        extent.add(top, one, other)
    if extent.bottom == 0:
        return None
    left, right = extent.left // len(channels), -(-extent.right // len(channels))
    return Box(left - left % 2, extent.top - extent.top % 2, right, extent.bottom)


class _Extent:
    """The rectangle in which two pictures, with rows of `length` bytes, differ; `bottom` is 0 while they are equal.

    The differences of all rows are combined into one long number by OR. Its first and last bit that is set are the left
    and right end.
    """

    def __init__(self, length: int) -> None:
        self.top = self.bottom = 0
        self._length = length
        self._differing = 0

    def add(self, top: int, one: bytes, other: bytes) -> None:
        """Compare some rows of both pictures; the first is row `top`."""
        if one == other:
            return
        for row, at in enumerate(range(0, len(one), self._length), top):
            above, below = one[at : at + self._length], other[at : at + self._length]
            if above != below:
                self.top = self.top if self.bottom else row
                self.bottom = row + 1
                self._differing |= int.from_bytes(above, "big") ^ int.from_bytes(below, "big")

    @property
    def left(self) -> int:
        """The index of the first byte that differs in any row."""
        return self._length - -(-self._differing.bit_length() // 8)

    @property
    def right(self) -> int:
        """The index after the last byte that differs in any row."""
        lowest_bit = (self._differing & -self._differing).bit_length() - 1
        return self._length - lowest_bit // 8


def _changed_and_seen(before: MagickImage, frame: MagickImage) -> Box | None:
    """As `changed`, by ImageMagick, which takes four times as long but treats transparent pixels as equal."""
    # Two frames at a time: with more, version 6 silently leaves out equal frames, and version 7 places them at -1.
    with before.clone() as pair:
        pair.image_add(frame)
        with pair.compare_layers("compareany") as layers:
            if layers.iterator_length() < 2:
                return None
            layers.iterator_set(1)
            _, _, x, y = layers.page
            return None if x < 0 or y < 0 else Box(x - x % 2, y - y % 2, x + layers.width, y + layers.height)


def cut(frame: MagickImage, box: Box) -> MagickImage:
    """A copy of a rectangle of the frame. The caller closes it."""
    part = frame.clone()
    if box != whole(frame):
        part.crop(box.left, box.top, box.right, box.bottom)
        part.reset_coords()
    return part
