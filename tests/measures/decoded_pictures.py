"""Test pictures, their decoding by Pillow, which shares no code with the engine, and the difference of two pictures."""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
Frame = tuple[Pixels, int]
"""RGBA of the whole canvas, and its duration in milliseconds."""
Variants = Mapping[str, Callable[[], bytes]]
"""Functions that each write a file in another way, by a name that says what is special about it."""
GROUNDS = {"black": (0, 0, 0), "white": (255, 255, 255), "magenta": (255, 0, 255)}


def photo(width: int = 96, height: int = 64) -> Pixels:
    """A picture without symmetry, in colours that every RGB space has, smooth enough to survive lossy coding."""
    down, across = np.mgrid[0:height, 0:width] / [[[max(height - 1, 1)]], [[max(width - 1, 1)]]]
    red = 0.25 + 0.5 * across
    green = 0.3 + 0.4 * down * (1 - 0.5 * across)
    blue = 0.5 + 0.25 * np.sin(3 * across + 2 * down)
    return np.asarray(np.rint(np.stack([red, green, blue], axis=-1) * 255), np.uint8)


def vivid() -> Pixels:
    """`photo` in strong colours that are still within the gamut of sRGB after conversion from a wider one."""
    grey = photo().mean(axis=-1, keepdims=True)
    return np.asarray(np.clip(np.rint(grey + (photo() - grey) * 0.9), 0, 255), np.uint8)


def noise(width: int, height: int, seed: int = 5) -> Pixels:
    """`photo` with grain, which lossless coding cannot compress well."""
    grain = np.random.default_rng(seed).normal(0, 14, (height, width, 3))
    return np.clip(photo(width, height) + grain, 0, 255).astype(np.uint8)


def encode(pixels: Pixels, image_format: str, **options: Any) -> bytes:
    """Encode an array with Pillow."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, image_format, **options)
    return buffer.getvalue()


def decode(data: bytes) -> Pixels:
    """The RGBA pixels of a still WebP."""
    with Image.open(io.BytesIO(data)) as image:
        assert image.format == "WEBP"
        assert getattr(image, "n_frames", 1) == 1
        return np.asarray(image.convert("RGBA"))


def decode_frames(data: bytes) -> list[Frame]:
    """All frames of a WebP, each as the whole canvas."""
    with Image.open(io.BytesIO(data)) as image:
        assert image.format == "WEBP"
        return [_decode_frame(image, index) for index in range(frame_count(image))]


def frame_count(image: Image.Image) -> int:
    """Number of frames of an animation that Pillow opened."""
    return int(cast("Any", image).n_frames)


def _decode_frame(image: Image.Image, index: int) -> Frame:
    image.seek(index)
    image.load()
    return np.asarray(image.convert("RGBA")), image.info["duration"]


def at_time(frames: Sequence[Frame], milliseconds: int) -> Pixels:
    """The canvas that is shown at this time. Comparing by time allows for merged frames."""
    for pixels, duration in frames:
        if milliseconds < duration:
            return pixels
        milliseconds -= duration
    raise AssertionError(f"the animation ends {milliseconds} ms before this time")


def on_ground(pixels: Pixels, ground: tuple[int, int, int]) -> NDArray[np.float64]:
    """RGBA pixels composed over a ground of one colour."""
    alpha = pixels[..., 3:] / 255
    return pixels[..., :3] * alpha + np.array(ground) * (1 - alpha)


def difference(one: NDArray[np.generic], other: NDArray[np.generic]) -> float:
    """The largest mean difference of any RGB channel, in steps of 8 bits."""
    these, those = one[..., :3].astype(np.float64), other[..., :3].astype(np.float64)
    assert these.shape == those.shape
    return float(np.abs(these - those).mean(axis=(0, 1)).max())


def resized(pixels: Pixels, width: int, height: int) -> Pixels:
    """The picture scaled by Pillow, channel by channel in floating point, with RGBA premultiplied."""
    values = pixels.astype(np.float32)
    if pixels.shape[-1] == 4:
        values[..., :3] *= values[..., 3:] / 255
    channels = [
        np.asarray(Image.fromarray(values[..., each]).resize((width, height), Image.Resampling.LANCZOS))
        for each in range(pixels.shape[-1])
    ]
    result = np.stack(channels, axis=-1)
    if pixels.shape[-1] == 4:
        result[..., :3] /= np.maximum(result[..., 3:], 0.5) / 255
    return np.asarray(np.clip(np.rint(result), 0, 255), np.uint8)


def assert_plays(
    found: Sequence[Frame], expected: Sequence[Pixels], durations: Sequence[int], tolerance: float = 2
) -> None:
    """Check that, at the middle of each expected frame, both show the same on every ground, and both last as long."""
    assert sum(duration for _, duration in found) == sum(durations)
    start = 0
    for index, (pixels, duration) in enumerate(zip(expected, durations, strict=True)):
        seen = at_time(found, start + duration // 2)
        for name, ground in GROUNDS.items():
            apart = difference(on_ground(seen, ground), on_ground(pixels, ground))
            assert apart < tolerance, f"frame {index} on {name}"
        start += duration
