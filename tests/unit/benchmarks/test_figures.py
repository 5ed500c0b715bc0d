from typing import Any

import pytest

from benchmarks.conversion.figures import Measured, compare, geometric_mean, same_quality


def measured(file: str, contender: str, ms: float, **more: Any) -> Measured:
    """The measurement of a photograph with a median of `ms`, in which one of three rounds took longer."""
    facts: dict[str, object] = {"bytes": 1000, "ssim": 0.98, "peak_memory": 100, "is_photograph": True} | more
    return Measured(file, contender, times_ms=(ms, ms * 3, ms), cpu_times_ms=(ms,) * 3, **facts)  # type: ignore[arg-type]


def test_the_median_is_not_moved_by_one_disturbed_round() -> None:
    one = Measured("a", "engine", is_photograph=True, times_ms=(12, 900, 10, 11, 13))
    assert one.median_ms == 12
    assert one.least_ms == 10


def test_twice_and_half_as_long_are_even() -> None:
    assert geometric_mean([2, 0.5]) == pytest.approx(1)
    assert geometric_mean([1, 1, 8]) == pytest.approx(2)


def test_a_comparison_is_the_mean_of_ratios_not_the_ratio_of_means() -> None:
    files = [
        measured("small", "engine", 20), measured("small", "sharp", 10),
        measured("large", "engine", 100), measured("large", "sharp", 400),
    ]  # fmt: skip
    found = compare(files, "engine", "sharp")
    assert found
    assert found.files == 2
    assert found.median == pytest.approx((2 * 0.25) ** 0.5)


def test_bytes_and_memory_are_ratios_and_ssim_is_a_difference() -> None:
    files = [
        measured("a", "engine", 10, bytes=900, ssim=0.97, peak_memory=50),
        measured("a", "sharp", 10, bytes=1000, ssim=0.98, peak_memory=200),
    ]
    found = compare(files, "engine", "sharp")
    assert found
    assert found.bytes == pytest.approx(0.9)
    assert found.memory == pytest.approx(0.25)
    assert found.ssim_difference == pytest.approx(-0.01)


def test_only_photographs_that_both_did_are_compared() -> None:
    files = [
        measured("a", "engine", 10), measured("a", "sharp", 20),
        measured("only one", "engine", 1),
        measured("failed", "engine", 1), Measured("failed", "sharp", is_photograph=True, error="cannot"),
        measured("drawing", "engine", 1, is_photograph=False), measured("drawing", "sharp", 9, is_photograph=False),
    ]  # fmt: skip
    found = compare(files, "engine", "sharp")
    assert found
    assert found.files == 1
    assert found.median == pytest.approx(0.5)


def test_without_a_common_photograph_there_is_no_comparison() -> None:
    assert compare([measured("a", "engine", 10)], "engine", "sharp") is None


@pytest.mark.parametrize(
    ("ssim", "size", "same"),
    [(0.9791, 1029, True), (0.99, 500, True), (0.9789, 1000, False), (0.98, 1031, False), (0.99, 1031, False)],
)
def test_quality_is_the_same_within_a_thousandth_of_ssim_and_three_per_cent_of_bytes(
    ssim: float, size: int, same: bool
) -> None:
    sharp = measured("a", "sharp", 1)
    assert same_quality(measured("a", "engine", 1, ssim=ssim, bytes=size), sharp) is same


def test_files_of_the_same_quality_are_counted() -> None:
    files = [
        measured("a", "engine", 10), measured("a", "sharp", 20),
        measured("b", "engine", 10, ssim=0.9), measured("b", "sharp", 20),
    ]  # fmt: skip
    found = compare(files, "engine", "sharp")
    assert found
    assert (found.same_quality_files, found.files) == (1, 2)
