import pytest

from benchmarks.safety.rounds import SHIPPED, Pace, Share, share

BARE = "bare"


def test_the_share_is_the_median_of_the_rounds_own_ratios() -> None:
    found = [
        {SHIPPED: Pace(9, 0.2), BARE: Pace(10, 0.1)},
        {SHIPPED: Pace(1, 0.3), BARE: Pace(1, 0.3)},  # a round during which the machine was busy
        {SHIPPED: Pace(8, 0.2), BARE: Pace(10, 0.1)},
    ]
    assert share(found, BARE, lambda pace: pace.jobs_per_second) == Share(90, 80, 100)
    assert share(found, BARE, lambda pace: pace.cpu_per_job).median == pytest.approx(200)
