"""What was measured, and what is calculated from it."""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SAME_LIKENESS = 0.001
SAME_BYTES = 0.03


@dataclass(frozen=True, slots=True)
class Measured:
    """One contender on one file; an `error` means that it cannot do it."""

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
        """The usual time."""
        return statistics.median(self.times_ms)

    @property
    def least_ms(self) -> float:
        """The time when nothing else disturbed."""
        return min(self.times_ms)

    @property
    def least_cpu_ms(self) -> float:
        """The same of processor time, which a busy machine changes least."""
        return min(self.cpu_times_ms)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One contender against another over the photographs that both did: geometric means of ratios.

    Below 1 the first is faster, smaller, needs less memory. `same_quality_files` of `files` are equal in SSIM
    (within 0.001) and bytes (within 3 %), or better.
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
    """None if there is no photograph that both did."""
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
    """Whether the first is as like the source and as small as the other, within the tolerances, or better."""
    return one.ssim >= other.ssim - SAME_LIKENESS and one.bytes <= other.bytes * (1 + SAME_BYTES)


def geometric_mean(ratios: Iterable[float]) -> float:
    """Half as fast and twice as fast make 1."""
    logarithms = [math.log(ratio) for ratio in ratios]
    return math.exp(statistics.fmean(logarithms))


def _pairs(measured: Sequence[Measured], contender: str, against: str) -> list[tuple[Measured, Measured]]:
    of = {(one.file, one.contender): one for one in measured if one.is_photograph and not one.error}
    return [(one, of[file, against]) for (file, name), one in of.items() if name == contender and (file, against) in of]
