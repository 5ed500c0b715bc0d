"""The search for the lowest WebP quality at which a picture looks like its source."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from imagejobs.conversion.encoding.webp import encode_lossy
from imagejobs.conversion.magick.image import MagickImage
from imagejobs.conversion.options import AUTO, Options
from imagejobs.conversion.processing.geometry import fit

if TYPE_CHECKING:
    from imagejobs.conversion.encoding.ssim import Pixels

MAX_TRIALS = 3
LOWEST, HIGHEST = 30, 90
"""The qualities that the search chooses from."""
_FIRST = 75
_PROXY_SIDE = 640
"""Pixels of the longer side of the small copy that is encoded in the trials."""
_SLOPE = 0.022
"""The approximate fall of log(1 - SSIM) for each step of quality between 40 and 90, measured on photographs."""


@dataclass(frozen=True, slots=True)
class QualityTrial:
    """The SSIM of one quality on the small copy."""

    quality: int
    ssim: float


@dataclass(frozen=True, slots=True)
class QualityChoice:
    """The quality of the picture, and the trials of the search if there was one."""

    quality: int
    trials: tuple[QualityTrial, ...] = ()


def choose_quality(image: MagickImage, options: Options) -> QualityChoice:
    """The quality in the options, or for `auto` the lowest one whose SSIM is at least `options.target_ssim`.

    The SSIM is that of the luma in a small copy (the proxy), which is encoded at most three times. If no trial meets
    the target, the quality is HIGHEST.
    """
    if options.quality != AUTO:
        return QualityChoice(options.quality)
    return _search(image, options.target_ssim, options.method)


def _search(image: MagickImage, target: float, method: int) -> QualityChoice:
    from imagejobs.conversion.encoding.ssim import ssim  # noqa: PLC0415 - loads numpy, which only a search needs

    with _proxy(image) as proxy:
        reference = _pixels(proxy)
        trials: list[QualityTrial] = []
        while len(trials) < MAX_TRIALS and (quality := _next(trials, target)) is not None:
            trials.append(QualityTrial(quality, ssim(reference, _decoded(proxy, quality, method))))
    met = [trial.quality for trial in trials if trial.ssim >= target]
    return QualityChoice(min(met, default=HIGHEST), tuple(trials))


def _next(trials: list[QualityTrial], target: float) -> int | None:
    """The next quality to try: where a curve through the nearest trials meets the target. None after the last."""
    if not trials:
        return _FIRST
    below = max((trial for trial in trials if trial.ssim < target), key=lambda trial: trial.quality, default=None)
    above = min((trial for trial in trials if trial.ssim >= target), key=lambda trial: trial.quality, default=None)
    if below and above:
        share = (_loss(below.ssim) - _loss(target)) / (_loss(below.ssim) - _loss(above.ssim))
        guess = below.quality + math.ceil(share * (above.quality - below.quality))
        low, high = below.quality + 1, above.quality - 1
    else:
        (known,) = (each for each in (below, above) if each)
        guess = math.ceil(known.quality + (_loss(known.ssim) - _loss(target)) / _SLOPE)
        low, high = (known.quality + 1, HIGHEST) if below else (LOWEST, known.quality - 1)
    return min(max(guess, low), high) if low <= high else None


def _loss(value: float) -> float:
    """The logarithm of 1 - SSIM, which is nearly linear in quality."""
    return math.log(max(1e-6, 1 - value))


def _proxy(image: MagickImage) -> MagickImage:
    width, height = image.size
    proxy = image.clone()
    if max(width, height) > _PROXY_SIDE:
        proxy.scale(*fit(width, height, _PROXY_SIDE))
    return proxy


def _decoded(proxy: MagickImage, quality: int, method: int) -> "Pixels":
    with MagickImage(blob=encode_lossy(proxy, quality, method), format="webp") as decoded:
        return _pixels(decoded)


def _pixels(image: MagickImage) -> "Pixels":
    return image.export_bytes("RGB"), *image.size
