import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
from imagejobs.conversion.processing.thumb_hash import thumb_hash
from PIL import Image
from thumbhash import rgba_to_thumb_hash

Pixel = tuple[int, int, int, int]
Paint = Callable[[float, float], Pixel]


@dataclass(frozen=True, slots=True)
class Decoded:
    """The fields of a ThumbHash. The scales are the raw numbers of 5, 6 and 6 bits."""

    average: tuple[float, float, float]
    scales: tuple[int, int, int]
    has_alpha: bool
    across: int
    down: int
    nibbles: tuple[int, ...]

    @property
    def alpha(self) -> tuple[float, Sequence[float]]:
        """The mean of alpha, and the factors of its waves row by row, without the constant one."""
        return self.nibbles[0] / 15, [(each / 7.5 - 1) * self.nibbles[1] / 15 for each in self.nibbles[-14:]]


def decode(data: bytes) -> Decoded:
    head, shape = int.from_bytes(data[:3], "little"), int.from_bytes(data[3:5], "little")
    light, yellow, red = (head & 63) / 63, (head >> 6 & 63) / 31.5 - 1, (head >> 12 & 63) / 31.5 - 1
    blue = light - 2 / 3 * yellow
    longer = 5 if head >> 23 else 7
    across, down = (longer, shape & 7) if shape >> 15 else (shape & 7, longer)
    count = sum(x * max(3, down) < max(3, across) * (max(3, down) - y) for y in range(8) for x in range(8)) - 1 + 5 + 5
    alpha_count = 2 + 14 if head >> 23 else 0
    nibbles = [half for byte in data[5:] for half in (byte & 15, byte >> 4)]
    assert len(nibbles) - count - alpha_count in {0, 1}
    return Decoded(
        ((3 * light - blue + red) / 2, (3 * light - blue + red) / 2 - red, blue),
        (head >> 18 & 31, shape >> 3 & 63, shape >> 9 & 63),
        bool(head >> 23),
        across,
        down,
        tuple(nibbles[: count + alpha_count]),
    )


def picture(width: int, height: int, paint: Paint) -> list[Pixel]:
    return [paint(x / max(1, width - 1), y / max(1, height - 1)) for y in range(height) for x in range(width)]


def photo(x: float, y: float) -> Pixel:
    return round(255 * x), round(200 * y), round(127 + 120 * math.sin(5 * x + 3 * y)), 255


def stripes(x: float, y: float) -> Pixel:
    return (250, 20, 30, 255) if int(9 * x + 4 * y) % 2 else (10, 30, 220, 255)


SIZES = [(32, 21), (21, 32), (32, 32), (32, 2), (2, 32), (100, 100), (5, 3)]


@pytest.mark.parametrize("paint", [photo, stripes])
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_it_is_the_hash_of_the_formats_own_library_up_to_rounding(width: int, height: int, paint: Paint) -> None:
    pixels = picture(width, height, paint)

    data = thumb_hash(width, height, pixels)

    other = bytes(rgba_to_thumb_hash(width, height, [level for pixel in pixels for level in pixel]))
    assert (len(data), data[:5]) == (len(other), other[:5])
    pairs = list(zip(decode(data).nibbles, decode(other).nibbles, strict=True))
    assert all(one == two or {one, two} == {7, 8} for one, two in pairs), "a wave of amplitude 0 is between two steps"


def test_a_known_picture_has_its_known_hash() -> None:
    # The picture is red above blue, so in each channel only the first vertical wave and its odd multiples are not 0.
    pixels = picture(4, 4, lambda _, y: (255, 0, 0, 255) if y < 0.5 else (0, 0, 255, 255))

    decoded = decode(thumb_hash(4, 4, pixels))

    wave = (math.cos(math.pi / 8) + math.cos(3 * math.pi / 8)) / 4 * 2
    assert decoded.scales == (0, round(63 * 0.75 * wave), round(63 * 0.5 * wave))
    assert decoded.average == pytest.approx((0.5, 0, 0.5), abs=0.03)


@pytest.mark.parametrize("color", [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0), (90, 140, 200)])
@pytest.mark.parametrize("alpha", [255, 128])
def test_a_flat_picture_is_its_colour_and_nothing_else(color: tuple[int, int, int], alpha: int) -> None:
    decoded = decode(thumb_hash(6, 4, [(*color, alpha)] * 24))

    assert [255 * level for level in decoded.average] == pytest.approx(color, abs=7)
    assert decoded.scales == (0, 0, 0)
    assert decoded.has_alpha == (alpha < 255)


@pytest.mark.parametrize(
    ("width", "height", "across", "down"),
    [(1, 1, 7, 7), (30, 30, 7, 7), (30, 20, 7, 5), (20, 30, 5, 7), (32, 1, 7, 1), (1, 32, 1, 7), (100, 50, 7, 4)],
)
def test_the_proportions_are_kept(width: int, height: int, across: int, down: int) -> None:
    decoded = decode(thumb_hash(width, height, picture(width, height, photo)))

    assert (decoded.across, decoded.down) == (across, down)


@pytest.mark.parametrize(("width", "height"), [(32, 24), (24, 32), (1, 1), (32, 1)])
def test_one_pixel_that_is_not_opaque_makes_room_for_alpha(width: int, height: int) -> None:
    pixels = [(9, 9, 9, 254), *picture(width, height, photo)[1:]]

    decoded = decode(thumb_hash(width, height, pixels))

    assert decoded.has_alpha
    assert max(decoded.across, decoded.down) == 5
    assert decoded.alpha[0] == pytest.approx(1, abs=0.05)


def test_the_colour_of_what_is_invisible_does_not_count() -> None:
    def paint(hidden: tuple[int, int, int]) -> list[Pixel]:
        return picture(12, 12, lambda x, _: (200, 40, 80, 255) if x < 0.5 else (*hidden, 0))

    data = thumb_hash(12, 12, paint((0, 255, 0)))

    assert data == thumb_hash(12, 12, paint((255, 255, 255)))
    assert [255 * level for level in decode(data).average] == pytest.approx((200, 40, 80), abs=7)


def test_alpha_has_its_waves() -> None:
    decoded = decode(thumb_hash(16, 16, picture(16, 16, lambda x, _: (200, 40, 80, 255 if x < 0.5 else 0))))

    mean, waves = decoded.alpha
    assert mean == pytest.approx(0.5, abs=0.04)
    # The first horizontal wave is the largest: 2/pi of half the amplitude. The next row begins with a vertical wave: 0.
    assert waves[0] == pytest.approx(0.32, abs=0.04)
    assert waves[4] == pytest.approx(0, abs=0.03)
    assert decoded.scales == (0, 0, 0)


def test_nothing_visible_is_a_hash_too() -> None:
    decoded = decode(thumb_hash(3, 2, [(255, 255, 255, 0)] * 6))

    assert (decoded.has_alpha, decoded.scales, decoded.alpha[0]) == (True, (0, 0, 0), 0)


def test_a_picture_has_at_most_25_bytes_of_hash() -> None:
    soft = Image.linear_gradient("L").resize((32, 32)).tobytes()

    assert len(thumb_hash(32, 32, [(level, 0, 0, 255) for level in soft])) <= 25
    assert len(thumb_hash(32, 32, [(9, 9, 9, level) for level in soft])) <= 25
