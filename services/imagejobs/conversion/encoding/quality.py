"""The lowest WebP quality at which a picture still looks like itself."""

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
_FIRST = 75
_PROXY_SIDE = 640
_SLOPE = 0.022
"""By how much log(1 - SSIM) falls per step of quality, about, between 40 and 90; measured on photographs."""


@dataclass(frozen=True, slots=True)
class QualityTrial:
    """What one quality came to on the proxy."""

    quality: int
    ssim: float


@dataclass(frozen=True, slots=True)
class QualityChoice:
    """The quality for the whole picture, and how it was found if it was searched for."""

    quality: int
    trials: tuple[QualityTrial, ...] = ()


def choose_quality(image: MagickImage, options: Options) -> QualityChoice:
    """The lowest quality whose SSIM on a downscaled proxy is at least `options.target_ssim`, of the luma in sRGB.

    At most three encodings of the proxy. When none of them meets the target, HIGHEST.
    """
    if options.quality != AUTO:
        return QualityChoice(options.quality)
    return _search(image, options.target_ssim, options.method)


def _search(image: MagickImage, target: float, method: int) -> QualityChoice:
    from imagejobs.conversion.encoding.ssim import ssim  # noqa: PLC0415 - numpy, for those who search only

    with _proxy(image) as proxy:
        reference = _pixels(proxy)
        trials: list[QualityTrial] = []
        while len(trials) < MAX_TRIALS and (quality := _next(trials, target)) is not None:
            trials.append(QualityTrial(quality, ssim(reference, _seen_again(proxy, quality, method))))
    met = [trial.quality for trial in trials if trial.ssim >= target]
    return QualityChoice(min(met, default=HIGHEST), tuple(trials))


def _next(trials: list[QualityTrial], target: float) -> int | None:
    """Where the curve should cross the target, judged by the trials nearest to it; None when that is known."""
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
    """Nearly a straight line in quality."""
    return math.log(max(1e-6, 1 - value))


def _proxy(image: MagickImage) -> MagickImage:
    width, height = image.size
    proxy = image.clone()
    if max(width, height) > _PROXY_SIDE:
        proxy.scale(*fit(width, height, _PROXY_SIDE))
    return proxy


def _seen_again(proxy: MagickImage, quality: int, method: int) -> "Pixels":
    with MagickImage(blob=encode_lossy(proxy, quality, method), format="webp") as decoded:
        return _pixels(decoded)


def _pixels(image: MagickImage) -> "Pixels":
    return image.export_bytes("RGB"), *image.size
