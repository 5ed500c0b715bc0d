"""When a job is tried again, and when its tries end."""

import math
from dataclasses import replace
from typing import Any, cast

import dramatiq
import pytest
from imagejobs.worker.delivery import MAX_FAULTY_SECONDS, MAX_OUTAGE_SECONDS, Delivery
from imagejobs.worker.failures import MachineShort, ServiceUnavailable, TransientFailure

FAULT = TransientFailure("conversion_memory", "It does not work.")
SHORTAGE = MachineShort("conversion_memory", "The disk is full.")
OUTAGE = ServiceUnavailable("storage_unavailable", "storage is unavailable")
DAY = 24 * 3600.0


def test_a_fault_is_the_last_after_as_many_attempts_as_there_may_be() -> None:
    assert [Delivery(faults=faults, max_attempts=3).is_last(FAULT) for faults in range(4)] == [False, False, True, True]


def test_a_shortage_of_the_machine_is_not_the_last_however_often_it_was_met() -> None:
    assert not Delivery(tries=100, faults=3, max_attempts=3).is_last(SHORTAGE)


def test_a_shortage_of_the_machine_is_not_counted_and_begins_the_hour() -> None:
    assert Delivery(tries=7, faults=2).options_after(SHORTAGE, 1_000) == {"faults": 2, "faulty_since": 1_000_000}
    later = Delivery(faults=2, faulty_seconds=60).options_after(SHORTAGE, 1_060)
    assert later == {"faults": 2, "faulty_since": 1_000_000}


def test_an_outage_is_never_the_last_however_often_it_was_met() -> None:
    assert not Delivery(tries=10_000, faults=10_000, seconds=6 * DAY).is_last(OUTAGE)


@pytest.mark.parametrize(
    ("failure", "seconds", "since"),
    [
        (FAULT, MAX_FAULTY_SECONDS, "faulty_seconds"),
        (SHORTAGE, MAX_FAULTY_SECONDS, "faulty_seconds"),
        (OUTAGE, MAX_OUTAGE_SECONDS, "seconds"),
    ],
)
def test_either_is_the_last_after_long_enough(failure: TransientFailure, seconds: float, since: str) -> None:
    assert not replace(Delivery(), **cast("Any", {since: seconds})).is_last(failure)
    assert replace(Delivery(), **cast("Any", {since: math.nextafter(seconds, math.inf)})).is_last(failure)


def test_the_first_fault_after_a_long_wait_is_not_the_last() -> None:
    assert not Delivery(tries=100, seconds=6 * DAY).is_last(FAULT)


def message(**options: int) -> dramatiq.Message[None]:
    return dramatiq.Message("q", "a", (), {}, options, message_timestamp=1_000_000)


def test_what_was_tried_is_read_from_the_message() -> None:
    assert Delivery.of(message(), 1003.5, 7) == Delivery(0, 0, 3.5, 0.0, 7)
    tried = message(retries=4, faults=2, faulty_since=1_001_000)
    assert Delivery.of(tried, 1003.5, 7) == Delivery(4, 2, 3.5, 2.5, 7)


def test_only_faults_are_counted_from_the_first_of_them_on() -> None:
    delivery = Delivery(tries=7, seconds=900)
    assert delivery.options_after(OUTAGE, 1_000) == {}
    assert delivery.options_after(FAULT, 1_000) == {"faults": 1, "faulty_since": 1_000_000}
    assert Delivery(faults=1, faulty_seconds=60).options_after(FAULT, 1_060) == {"faults": 2, "faulty_since": 1_000_000}


@pytest.mark.parametrize(("tries", "bound"), [(0, 1), (1, 2), (3, 8), (6, 60), (5_000, 60)])
def test_a_pause_is_drawn_from_all_below_a_bound_that_doubles(tries: int, bound: float) -> None:
    drawn = [Delivery(tries=tries).pause() for _ in range(2_000)]
    assert 0 <= min(drawn) < bound / 10
    assert bound * 0.9 < max(drawn) <= bound
    assert sum(drawn) / len(drawn) == pytest.approx(bound / 2, rel=0.1)
