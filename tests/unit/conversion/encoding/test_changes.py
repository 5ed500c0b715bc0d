import pytest
from imagejobs.conversion.encoding.changes import Box, changed, cut, whole
from imagejobs.conversion.magick.image import MagickImage


def frame(*block: int) -> MagickImage:
    image = MagickImage(width=40, height=30, background="red")
    if block:
        left, top, width, height = block
        with MagickImage(width=width, height=height, background="blue") as patch:
            image.composite(patch, left, top)
    return image


def clear(colour: str) -> MagickImage:
    image = MagickImage(width=40, height=30, background=colour)
    image.alpha_channel = "set"
    return image


def test_what_differs_lies_in_a_box_at_an_even_place() -> None:
    with frame() as first, frame(7, 5, 6, 4) as second:
        assert changed(first, second) == Box(6, 4, 13, 9)


def test_nothing_differs_between_equal_frames() -> None:
    with frame(1, 1, 3, 3) as first, frame(1, 1, 3, 3) as second:
        assert changed(first, second) is None


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize(
    ("block", "box"),
    [
        ((0, 0, 1, 1), Box(0, 0, 1, 1)),
        ((39, 29, 1, 1), Box(38, 28, 40, 30)),
        ((13, 0, 5, 30), Box(12, 0, 18, 30)),
        ((0, 17, 40, 3), Box(0, 16, 40, 20)),
        ((0, 0, 40, 30), Box(0, 0, 40, 30)),
    ],
)
def test_every_edge_of_what_differs_is_found(block: tuple[int, ...], box: Box, alpha: bool) -> None:
    with frame() as first, frame(*block) as second:
        for each in (first, second) if alpha else ():
            each.alpha_channel = "set"
        assert changed(first, second) == box


def test_what_differs_in_rows_far_apart_is_in_one_box() -> None:
    with MagickImage(width=9, height=300, background="red") as first, first.clone() as second:
        for left, top in ((3, 2), (6, 250)):
            with MagickImage(width=1, height=1, background="blue") as patch:
                second.composite(patch, left, top)

        assert changed(first, second) == Box(2, 2, 7, 251)


def test_the_colours_of_clear_pixels_do_not_differ() -> None:
    with clear("#ff000000") as first, clear("#00ff0000") as second:
        assert changed(first, second) is None
        with MagickImage(width=3, height=3, background="blue") as patch:
            second.composite(patch, 10, 7)
        assert changed(first, second) == Box(10, 6, 13, 10)


def test_alpha_alone_may_differ() -> None:
    with clear("#ff0000ff") as first, clear("#ff0000fe") as second:
        assert changed(first, second) == Box(0, 0, 40, 30)


def test_what_8_bits_cannot_show_does_not_differ() -> None:
    with MagickImage(width=4, height=4, background="#808080808080") as first, first.clone() as second:
        second.evaluate("add", 20 / 65535 * second.quantum_range)
        assert changed(first, second) is None


def test_a_cut_holds_the_box_and_starts_at_its_corner() -> None:
    with frame(6, 4, 6, 4) as image, cut(image, Box(6, 4, 12, 8)) as part:
        assert (part.size, part.page_x, part.page_y) == ((6, 4), 0, 0)
        assert bytes(part.export_pixels(channel_map="RGB", storage="char")) == b"\0\0\xff" * 24


def test_the_whole_frame_is_cut_as_it_is() -> None:
    with frame() as image, cut(image, whole(image)) as part:
        assert part.size == (40, 30)
