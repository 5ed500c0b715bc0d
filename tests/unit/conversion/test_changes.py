from imagejobs.conversion.encoding.changes import Box, changed, cut, whole
from imagejobs.conversion.magick.image import MagickImage


def frame(*block: int) -> MagickImage:
    image = MagickImage(width=40, height=30, background="red")
    if block:
        left, top, width, height = block
        with MagickImage(width=width, height=height, background="blue") as patch:
            image.composite(patch, left, top)
    return image


def test_what_differs_lies_in_a_box_at_an_even_place() -> None:
    with frame() as first, frame(7, 5, 6, 4) as second:
        assert changed(first, second) == Box(6, 4, 13, 9)


def test_nothing_differs_between_equal_frames() -> None:
    with frame(1, 1, 3, 3) as first, frame(1, 1, 3, 3) as second:
        assert changed(first, second) is None


def test_a_cut_holds_the_box_and_starts_at_its_corner() -> None:
    with frame(6, 4, 6, 4) as image, cut(image, Box(6, 4, 12, 8)) as part:
        assert (part.size, part.page_x, part.page_y) == ((6, 4), 0, 0)
        assert bytes(part.export_pixels(channel_map="RGB", storage="char")) == b"\0\0\xff" * 24


def test_the_whole_frame_is_cut_as_it_is() -> None:
    with frame() as image, cut(image, whole(image)) as part:
        assert part.size == (40, 30)
