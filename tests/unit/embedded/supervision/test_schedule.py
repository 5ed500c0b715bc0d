import pytest
from imagejobs.embedded.supervision.schedule import failures_after, restart_delay, stop_deadlines


def test_the_delay_doubles_from_half_a_second_to_thirty_seconds() -> None:
    assert [restart_delay(deaths) for deaths in range(1, 9)] == [0.5, 1, 2, 4, 8, 16, 30, 30]


@pytest.mark.parametrize(("ran_for", "expected"), [(0.1, 4), (29.9, 4), (30.0, 1), (3600.0, 1)])
def test_thirty_seconds_of_health_forget_earlier_deaths(ran_for: float, expected: int) -> None:
    assert failures_after(3, ran_for) == expected


def test_every_group_has_time_to_stop_and_all_are_killed_within_five_seconds() -> None:
    deadlines = stop_deadlines(3)
    assert deadlines == pytest.approx([3.7, 4.1, 4.5])
    assert max(deadlines) < 5
