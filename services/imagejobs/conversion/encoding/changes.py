"""What changes from one frame of an animation to the next."""

from dataclasses import dataclass

from imagejobs.conversion.magick.image import MagickImage


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of the canvas; left and top are even, as WebP wants them."""

    left: int
    top: int
    right: int
    bottom: int


def whole(frame: MagickImage) -> Box:
    """The rectangle of the whole frame."""
    return Box(0, 0, *frame.size)


def changed(before: MagickImage, frame: MagickImage) -> Box | None:
    """The smallest rectangle that holds all that differs; None where nothing does. Both have the same size."""
    # Two frames at a time: of more, version 6 leaves out the equal ones without saying which; 7 puts them at -1.
    with before.clone() as pair:
        pair.image_add(frame)
        with pair.compare_layers("compareany") as layers:
            if layers.iterator_length() < 2:
                return None
            layers.iterator_set(1)
            _, _, x, y = layers.page
            return None if x < 0 or y < 0 else Box(x - x % 2, y - y % 2, x + layers.width, y + layers.height)


def cut(frame: MagickImage, box: Box) -> MagickImage:
    """A copy of this rectangle of the frame. The caller closes it."""
    part = frame.clone()
    if box != whole(frame):
        part.crop(box.left, box.top, box.right, box.bottom)
        part.reset_coords()
    return part
