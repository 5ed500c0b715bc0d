"""When the next try comes, and when there is none."""

import math

import pytest
from imagejobs.worker.failures import ServiceAway, TransientFailure
from imagejobs.worker.retrying import LONGEST_PAUSE, MAX_AWAY_SECONDS, MAX_FAULTY_SECONDS, Delivery

FAULT = TransientFailure("conversion_memory", "It does not work.")
OUTAGE = ServiceAway("storage_unavailable", "storage is away")
DAY = 24 * 3600.0


def test_a_fault_is_the_last_after_as_many_attempts_as_there_may_be() -> None:
    assert [Delivery(faults=faults, max_attempts=3).is_last(FAULT) for faults in range(4)] == [False, False, True, True]


def test_an_outage_is_never_the_last_however_often_it_was_met() -> None:
    assert not Delivery(tries=10_000, faults=10_000, seconds=6 * DAY).is_last(OUTAGE)


@pytest.mark.parametrize(("failure", "seconds"), [(FAULT, MAX_FAULTY_SECONDS), (OUTAGE, MAX_AWAY_SECONDS)])
def test_either_is_the_last_after_long_enough(failure: TransientFailure, seconds: float) -> None:
    assert not Delivery(seconds=seconds).is_last(failure)
    assert Delivery(seconds=math.nextafter(seconds, math.inf)).is_last(failure)


def test_only_faults_are_counted() -> None:
    assert Delivery(tries=7, faults=2).faults_after(FAULT) == 3
    assert Delivery(tries=7, faults=2).faults_after(OUTAGE) == 2


def test_what_was_tried_is_read_from_the_message() -> None:
    assert Delivery.of({}, 3.5, 7) == Delivery(0, 0, 3.5, 7)
    assert Delivery.of({"retries": 4, "faults": 2}, 3.5, 7) == Delivery(4, 2, 3.5, 7)


@pytest.mark.parametrize(("tries", "bound"), [(0, 1), (1, 2), (3, 8), (6, LONGEST_PAUSE), (5_000, LONGEST_PAUSE)])
def test_a_pause_is_drawn_from_all_below_a_bound_that_doubles(tries: int, bound: float) -> None:
    drawn = [Delivery(tries=tries).pause() for _ in range(2_000)]
    assert 0 <= min(drawn) < bound / 10
    assert bound * 0.9 < max(drawn) <= bound
    assert sum(drawn) / len(drawn) == pytest.approx(bound / 2, rel=0.1)
