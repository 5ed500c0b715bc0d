import pytest
from imagejobs.backoff import Backoff


def test_without_jitter_pauses_double_from_the_first_to_the_longest() -> None:
    backoff = Backoff(0.5, 30)
    assert [backoff.pause(failures) for failures in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_a_day_of_failures_does_not_overflow() -> None:
    assert Backoff(0.5, 30).pause(100_000) == 30


@pytest.mark.parametrize("jitter", [0.25, 0.5, 1])
@pytest.mark.parametrize(("failures", "full"), [(0, 1), (1, 2), (3, 8), (6, 60), (5_000, 60)])
def test_jitter_is_the_share_of_a_pause_that_is_random(jitter: float, failures: int, full: float) -> None:
    backoff = Backoff(first=1, longest=60, jitter=jitter)
    pauses = [backoff.pause(failures) / full for _ in range(2_000)]
    assert 1 - jitter <= min(pauses) < 1 - jitter * 0.9
    assert 1 - jitter * 0.1 < max(pauses) <= 1
    assert sum(pauses) / len(pauses) == pytest.approx(1 - jitter / 2, rel=0.1)
