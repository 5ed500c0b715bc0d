"""How similar a result is to a reference: the source resized without any loss of precision."""

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, ImageSequence

from benchmarks.conversion.contenders import MAX_SIDE
from benchmarks.conversion.ssim import Plane, ssim

_GROUND = (255, 255, 255)
"""The background on which transparent images are compared."""


def likeness(source: Path, result: bytes) -> float:
    """The SSIM of the result's luma, in stored sRGB values, against the reference; for an animation the frames' mean.

    Raises ValueError if the sizes differ by more than one pixel of rounding.
    """
    expected, got = _reference(source), _shown(Image.open(io.BytesIO(result)), len(_reference(source)))
    return float(np.mean([ssim(*_same_size(one, other)) for one, other in zip(expected, got, strict=True)]))


def _reference(source: Path) -> list[Plane]:
    """The source's luma, fully decoded and resized with Lanczos in floating point, without rounding in between."""
    cached = source.with_suffix(".npy")
    if not cached.exists():
        Image.MAX_IMAGE_PIXELS = None
        with Image.open(source) as image:
            planes = [_fitted(plane) for plane in _shown(image, getattr(image, "n_frames", 1))]
        np.save(cached, np.stack(planes).astype(np.float32))
    return list(np.load(cached).astype(np.float64))


def _fitted(luma: Plane) -> Plane:
    height, width = luma.shape
    scale = min(1, MAX_SIDE / max(width, height))
    if scale == 1:
        return luma
    picture = Image.fromarray(luma.astype(np.float32))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(picture.resize(size, Image.Resampling.LANCZOS), np.float64)


def _shown(image: Image.Image, count: int) -> list[Plane]:
    """The luma that a viewer shows in the middle of each of `count` equal parts of the duration."""
    if count == 1:
        return [_luma(image)]
    shown = [(_luma(frame), frame.info["duration"]) for frame in ImageSequence.Iterator(image)]
    ends = np.cumsum([duration for _, duration in shown])
    moments = (np.arange(count) + 0.5) * ends[-1] / count
    return [shown[min(index, len(shown) - 1)][0] for index in np.searchsorted(ends, moments, side="right")]


def _luma(image: Image.Image) -> Plane:
    """ITU-R BT.601 luma in floating point."""
    upright = ImageOps.exif_transpose(image).convert("RGBA" if image.has_transparency_data else "RGB")
    if upright.mode == "RGBA":
        upright = Image.alpha_composite(Image.new("RGBA", upright.size, _GROUND), upright).convert("RGB")
    pixels = np.asarray(upright)
    return np.asarray(0.299 * pixels[..., 0] + 0.587 * pixels[..., 1] + 0.114 * pixels[..., 2], np.float64)


def _same_size(one: Plane, other: Plane) -> tuple[Plane, Plane]:
    """Both planes, cropped by the one row or column that rounding added to one of them."""
    if max(abs(one.shape[0] - other.shape[0]), abs(one.shape[1] - other.shape[1])) > 1:
        raise ValueError(f"the result is {other.shape[::-1]} pixels large instead of {one.shape[::-1]}")
    height, width = min(one.shape[0], other.shape[0]), min(one.shape[1], other.shape[1])
    return one[:height, :width], other[:height, :width]
