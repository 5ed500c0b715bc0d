from imagejobs.conversion.encoding.frame_choice import FrameChoice
from imagejobs.conversion.encoding.trial import Encoding

LOSSY, LOSSLESS, NEAR = Encoding.LOSSY, Encoding.LOSSLESS, Encoding.NEAR_LOSSLESS
PIXELS = 1000


def judged(sizes: dict[Encoding, int], frames: int) -> list[bool]:
    """For each of `frames` equal frames, whether it is encoded in every way."""
    choice, found = FrameChoice(), []
    for _ in range(frames):
        accepted = bool(choice.ways) and choice.accepts(min(sizes[each] for each in choice.ways), PIXELS)
        if not accepted:
            choice.learn(sizes, PIXELS)
        found.append(not accepted)
    return found


def test_frames_of_one_kind_are_judged_less_and_less_often() -> None:
    found = judged({LOSSY: 100, LOSSLESS: 300}, 120)

    assert [index for index, each in enumerate(found) if each] == [0, 1, 3, 6, 11, 20, 37, 54, 71, 88, 105]


def test_what_is_near_the_smallest_is_tried_again() -> None:
    choice = FrameChoice()
    for _ in range(2):
        choice.learn({LOSSY: 200, LOSSLESS: 100, NEAR: 114}, PIXELS)

    assert choice.ways == {LOSSLESS, NEAR}


def test_a_frame_of_another_kind_is_judged() -> None:
    choice = FrameChoice()
    for _ in range(3):
        choice.learn({LOSSY: 1000, LOSSLESS: 3000}, PIXELS)

    assert choice.accepts(1300, PIXELS)
    assert not choice.accepts(1310, PIXELS)
    assert not choice.accepts(760, PIXELS)
    assert choice.accepts(500, PIXELS // 2), "bytes count by the pixel"


def test_another_winner_is_doubted_at_first() -> None:
    choice = FrameChoice()
    for _ in range(4):
        choice.learn({LOSSY: 100, LOSSLESS: 300}, PIXELS)
    assert choice.ways == {LOSSY}

    choice.learn({LOSSY: 300, LOSSLESS: 100}, PIXELS)

    assert choice.ways == frozenset()
