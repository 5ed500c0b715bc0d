"""ThumbHash, the format of github.com/evanw/thumbhash: a picture as a few cosine waves of light, colour and opacity."""

import math
import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_OPAQUE_WAVES, _SOFT_WAVES = 7, 5
"""Waves of lightness along the longer side, of opaque pictures and of others, whose hash also has waves of alpha."""
_COLOR_WAVES = 3
_ALPHA_WAVES = 5


@dataclass(frozen=True, slots=True)
class _Channel:
    """The mean of a channel, its waves, and `scale`, the largest magnitude of a wave."""

    mean: float
    waves: tuple[float, ...]
    scale: float

    @property
    def nibbles(self) -> Iterable[int]:
        """The waves, each as one of 16 steps between -scale and scale."""
        return (_rounded(15 * (0.5 + 0.5 * wave / self.scale if self.scale else 0)) for wave in self.waves)


def thumb_hash(width: int, height: int, pixels: Sequence[tuple[int, int, int, int]]) -> bytes:
    """The hash of a small picture, at most 100 pixels a side. A pixel is red, green, blue and alpha, each 0 to 255."""
    has_alpha = any(alpha < 255 for *_, alpha in pixels)
    across, down = _lightness_waves(width, height, _SOFT_WAVES if has_alpha else _OPAQUE_WAVES)
    lightness, yellow, red, opacity = _channels(pixels)
    light = _encode(lightness, width, height, max(3, across), max(3, down))
    blue_yellow, red_green = (_encode(each, width, height, _COLOR_WAVES, _COLOR_WAVES) for each in (yellow, red))
    alpha = _encode(opacity, width, height, _ALPHA_WAVES, _ALPHA_WAVES)
    is_landscape = width > height
    head = (
        _rounded(63 * light.mean)
        | _rounded(31.5 + 31.5 * blue_yellow.mean) << 6
        | _rounded(31.5 + 31.5 * red_green.mean) << 12
        | _rounded(31 * light.scale) << 18
        | has_alpha << 23
    )
    shape = (
        (down if is_landscape else across)
        | _rounded(63 * blue_yellow.scale) << 3
        | _rounded(63 * red_green.scale) << 9
        | is_landscape << 15
    )
    nibbles = [*light.nibbles, *blue_yellow.nibbles, *red_green.nibbles]
    if has_alpha:
        nibbles = [_rounded(15 * alpha.mean), _rounded(15 * alpha.scale), *nibbles, *alpha.nibbles]
    return head.to_bytes(3, "little") + shape.to_bytes(2, "little") + _packed(nibbles)


def _lightness_waves(width: int, height: int, most: int) -> tuple[int, int]:
    longer = max(width, height)
    return max(1, _rounded(most * width / longer)), max(1, _rounded(most * height / longer))


def _channels(pixels: Sequence[tuple[int, int, int, int]]) -> tuple[list[float], ...]:
    """Lightness and alpha (0 to 1), yellow-blue and red-green (-1 to 1), on a ground of the mean visible colour."""
    weight = sum(alpha for *_, alpha in pixels)
    mean = [sum(pixel[at] * pixel[3] for pixel in pixels) / weight / 255 if weight else 0.0 for at in range(3)]
    light, yellow, red, opacity = [], [], [], []
    for *color, alpha in pixels:
        seen = alpha / 255
        r, g, b = (ground * (1 - seen) + seen * level / 255 for ground, level in zip(mean, color, strict=True))
        light.append((r + g + b) / 3)
        yellow.append((r + g) / 2 - b)
        red.append(r - g)
        opacity.append(seen)
    return light, yellow, red, opacity


def _encode(values: Sequence[float], width: int, height: int, across: int, down: int) -> _Channel:
    """The cosine transform of a channel, rows first. Only waves in the upper left triangle are kept."""
    horizontal, vertical = _cosines(width, across), _cosines(height, down)
    rows = [values[at : at + width] for at in range(0, width * height, width)]
    by_wave = [[_dot(row, wave) for row in rows] for wave in horizontal]
    waves = [
        _dot(by_wave[x], vertical[y]) / (width * height)
        for y in range(down)
        for x in range(across)
        if x * down < across * (down - y)
    ]
    return _Channel(waves[0], tuple(waves[1:]), max(map(abs, waves[1:]), default=0.0))


def _cosines(length: int, waves: int) -> list[list[float]]:
    return [[math.cos(math.pi / length * wave * (at + 0.5)) for at in range(length)] for wave in range(waves)]


def _dot(one: Iterable[float], other: Iterable[float]) -> float:
    total: float = sum(map(operator.mul, one, other))
    return total


def _rounded(value: float) -> int:
    """Rounded half up, as Math.round of JavaScript, in which the format is defined."""
    return math.floor(value + 0.5)


def _packed(nibbles: Sequence[int]) -> bytes:
    even = [*nibbles, 0] if len(nibbles) % 2 else nibbles
    return bytes(low | high << 4 for low, high in zip(even[::2], even[1::2], strict=True))
