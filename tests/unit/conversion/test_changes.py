from imagejobs.conversion.changes import changes
from imagejobs.conversion.magick import MagickImage


def frame(*block: int) -> MagickImage:
    image = MagickImage(width=40, height=30, background="red")
    if block:
        left, top, width, height = block
        with MagickImage(width=width, height=height, background="blue") as patch:
            image.composite(patch, left, top)
    return image


def test_only_what_differs_is_kept_at_an_even_place() -> None:
    with frame() as first, frame(7, 5, 6, 4) as second, changes([first, second], [10, 20]) as found:
        boxes = [(each.x, each.y, *each.image.size, each.duration_ms) for each in found]

    assert boxes == [(0, 0, 40, 30, 10), (6, 4, 7, 5, 20)]


def test_a_repeated_frame_only_lasts_longer() -> None:
    with (
        frame() as first,
        frame() as second,
        frame(0, 0, 1, 1) as third,
        changes([first, second, third], [10, 20, 30]) as found,
    ):
        assert [each.duration_ms for each in found] == [30, 30]
