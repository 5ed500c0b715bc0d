"""The measurements, and the figures derived from them."""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SAME_LIKENESS = 0.001
SAME_BYTES = 0.03


@dataclass(frozen=True, slots=True)
class Measured:
    """The measurements of one contender on one file. `error` says why the contender cannot convert the file."""

    file: str
    contender: str
    is_photograph: bool
    times_ms: tuple[float, ...] = ()
    cpu_times_ms: tuple[float, ...] = ()
    bytes: int = 0
    ssim: float = 0.0
    peak_memory: int = 0
    error: str = ""

    @property
    def median_ms(self) -> float:
        """The median time."""
        return statistics.median(self.times_ms)

    @property
    def least_ms(self) -> float:
        """The shortest time, which is the one with the least disturbance."""
        return min(self.times_ms)

    @property
    def least_cpu_ms(self) -> float:
        """The shortest CPU time, which varies least on a busy machine."""
        return min(self.cpu_times_ms)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Geometric means of one contender's figures divided by another's, over the photographs that both converted.

    Below 1 the first contender is faster, smaller or needs less memory. `same_quality_files` of the `files` have equal
    or better SSIM (within 0.001) and size (within 3 %).
    """

    contender: str
    against: str
    files: int
    same_quality_files: int
    median: float
    least: float
    cpu: float
    bytes: float
    memory: float
    ssim_difference: float


def compare(measured: Sequence[Measured], contender: str, against: str) -> Comparison | None:
    """None if there is no photograph that both converted."""
    pairs = _pairs(measured, contender, against)
    if not pairs:
        return None
    return Comparison(
        contender,
        against,
        len(pairs),
        sum(same_quality(one, other) for one, other in pairs),
        geometric_mean(one.median_ms / other.median_ms for one, other in pairs),
        geometric_mean(one.least_ms / other.least_ms for one, other in pairs),
        geometric_mean(one.least_cpu_ms / other.least_cpu_ms for one, other in pairs),
        geometric_mean(one.bytes / other.bytes for one, other in pairs),
        geometric_mean(one.peak_memory / other.peak_memory for one, other in pairs),
        statistics.fmean(one.ssim - other.ssim for one, other in pairs),
    )


def same_quality(one: Measured, other: Measured) -> bool:
    """Whether the first result is at least as good in SSIM and size as the other, within the tolerances."""
    return one.ssim >= other.ssim - SAME_LIKENESS and one.bytes <= other.bytes * (1 + SAME_BYTES)


def geometric_mean(ratios: Iterable[float]) -> float:
    """The geometric mean, in which half as fast and twice as fast cancel out."""
    logarithms = [math.log(ratio) for ratio in ratios]
    return math.exp(statistics.fmean(logarithms))


def _pairs(measured: Sequence[Measured], contender: str, against: str) -> list[tuple[Measured, Measured]]:
    of = {(one.file, one.contender): one for one in measured if one.is_photograph and not one.error}
    return [(one, of[file, against]) for (file, name), one in of.items() if name == contender and (file, against) in of]
