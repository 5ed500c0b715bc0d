import hashlib
import io
from collections.abc import Callable, Sequence

import pytest
from imagejobs.conversion.encoding import rendition
from imagejobs.conversion.encoding.effort import Effort
from imagejobs.conversion.encoding.encode import Tried
from imagejobs.conversion.encoding.rendition import Rendition, RenditionEncoder
from imagejobs.conversion.encoding.trial import Encoding, Trial
from imagejobs.conversion.encoding.webp import Encoded
from imagejobs.conversion.formats.exif import credits_of, write_credits
from imagejobs.conversion.formats.tiff.tags import COPYRIGHT
from imagejobs.conversion.formats.webp.animation import split_webp
from imagejobs.conversion.formats.webp.container import find_chunk
from imagejobs.conversion.magick.image import MagickImage
from PIL import Image

FLAT = Effort(80, 2, weigh=True)
LOSSY = Effort(80, 2, weigh=False)


def frame(*blocks: tuple[int, int, int, int], colour: str = "blue") -> MagickImage:
    """A red picture of 40 x 30 with rectangles of another colour, each as (left, top, width, height)."""
    image = MagickImage(width=40, height=30, background="red")
    for left, top, width, height in blocks:
        with MagickImage(width=width, height=height, background=colour) as patch:
            image.composite(patch, left, top)
    return image


def render(frames: Sequence[MagickImage], effort: Effort = FLAT, exif: bytes = b"", loop: int = 0) -> Rendition:
    """A rendition of these frames, which are shown for 100, 200, 300 ms and so on."""
    with RenditionEncoder(effort, loop) as encoder:
        for number, each in enumerate(frames, 1):
            with each:
                encoder.add(each, 100 * number)
        return encoder.finish(exif)


def parts(data: bytes) -> list[tuple[int, int, int, int, int]]:
    return [(each.x, each.y, each.width, each.height, each.duration_ms) for each in split_webp(data)]


def test_one_frame_is_a_still() -> None:
    made = render([frame((6, 4, 8, 8))])

    with Image.open(io.BytesIO(made.data)) as shown:
        assert (shown.format, shown.size, getattr(shown, "n_frames", 1)) == ("WEBP", (40, 30), 1)
        assert shown.convert("RGB").getpixel((7, 5)) == (0, 0, 255)
    assert (made.width, made.height, made.encoding) == (40, 30, Encoding.LOSSLESS)


def test_of_an_animation_only_what_changes_is_kept() -> None:
    made = render([frame(), frame((10, 6, 4, 8)), frame((10, 6, 4, 8), (30, 20, 5, 3))], loop=3)

    assert parts(made.data) == [(0, 0, 40, 30, 100), (10, 6, 4, 8, 200), (30, 20, 5, 3, 300)]
    with Image.open(io.BytesIO(made.data)) as shown:
        assert shown.info["loop"] == 3
        shown.seek(2)
        assert shown.convert("RGB").getpixel((12, 8)) == (0, 0, 255)
        assert shown.convert("RGB").getpixel((0, 0)) == (255, 0, 0)


def test_frames_that_equal_the_one_before_make_it_last_longer() -> None:
    block = (10, 6, 4, 8)

    made = render([frame(), frame(), frame(block), frame(block), frame(block), frame()])

    assert parts(made.data) == [(0, 0, 40, 30, 300), (*block, 1200), (*block, 600)]


def test_an_animation_in_which_nothing_moves_is_a_still() -> None:
    made = render([frame(), frame(), frame()])

    assert made.data == render([frame()]).data
    assert b"ANMF" not in made.data


@pytest.mark.parametrize("effort", [FLAT, LOSSY])
@pytest.mark.parametrize("frames", [1, 3])
def test_exif_is_kept_with_the_picture(effort: Effort, frames: int) -> None:
    exif = write_credits({COPYRIGHT: b"Jo Doe"})

    made = render([frame((2 * number, 2, 4, 4)) for number in range(frames)], effort, exif)

    assert credits_of(find_chunk(made.data, b"EXIF") or b"") == {COPYRIGHT: b"Jo Doe"}
    with Image.open(io.BytesIO(made.data)) as shown:
        assert shown.getexif()[COPYRIGHT] == "Jo Doe"
        assert getattr(shown, "n_frames", 1) == frames
        assert shown.size == (40, 30)


@pytest.fixture
def encodings(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A function that makes each call of the encoder return the next of these lists, with the winner first."""

    def give(*tried: list[tuple[Encoding, int, int]]) -> None:
        left = list(tried)

        def encode(image: MagickImage, _effort: Effort) -> Tried:
            return Tried(
                tuple(Encoded(kind, quality, encoded(image.size, size)) for kind, quality, size in left.pop(0))
            )

        monkeypatch.setattr(rendition, "encode", encode)

    return give


def encoded(size: tuple[int, int], count: int) -> bytes:
    """A WebP of exactly `count` bytes, filled up with an unknown chunk."""
    buffer = io.BytesIO()
    Image.new("RGB", size).save(buffer, "WEBP", lossless=True)
    data = buffer.getvalue()
    assert len(data) <= count - 8
    return data + b"none" + (count - len(data) - 8).to_bytes(4, "little") + bytes(count - len(data) - 8)


def test_frames_of_several_kinds_are_mixed(encodings: Callable[..., None]) -> None:
    lossless, lossy = (Encoding.LOSSLESS, 70, 100), (Encoding.LOSSY, 80, 110)
    encodings([lossless, lossy], [(Encoding.LOSSY, 80, 90), (Encoding.LOSSLESS, 70, 102)])

    made = render([frame(), frame((2, 2, 4, 4))])

    assert (made.encoding, made.quality) == (Encoding.MIXED, 70)
    assert made.tried == (Trial(Encoding.LOSSY, 80, 200), Trial(Encoding.LOSSLESS, 70, 202))


def test_frames_of_one_kind_are_of_that_kind(encodings: Callable[..., None]) -> None:
    encodings([(Encoding.LOSSY, 80, 100)], [(Encoding.LOSSY, 80, 120)], [(Encoding.LOSSY, 80, 130)])

    made = render([frame(), frame((2, 2, 4, 4)), frame()])

    assert (made.encoding, made.quality, made.tried) == (Encoding.LOSSY, 80, (Trial(Encoding.LOSSY, 80, 350),))


def test_what_was_not_tried_for_every_frame_is_not_compared(encodings: Callable[..., None]) -> None:
    encodings([(Encoding.LOSSLESS, 70, 90), (Encoding.LOSSY, 80, 100)], [(Encoding.LOSSY, 80, 100)])

    assert render([frame(), frame((2, 2, 4, 4))]).tried == (Trial(Encoding.LOSSY, 80, 200),)


def test_a_frame_may_be_closed_as_soon_as_it_was_added() -> None:
    noise = hashlib.shake_128(b"noise").digest(40 * 30 * 3)
    with RenditionEncoder(LOSSY, 0) as encoder:
        first = frame()
        encoder.add(first, 70)
        first.import_pixels(channel_map="RGB", storage="char", data=list(noise))
        first.close()
        with frame() as second:
            encoder.add(second, 30)
        made = encoder.finish(b"")

    assert b"ANMF" not in made.data
