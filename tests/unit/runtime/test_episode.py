"""An episode of many cases is a few lines in the log."""

import logging
import threading

import pytest
from imagejobs.runtime.episode import REMINDER_SECONDS, Episode, Lines
from worlds.monotonic_clock import MonotonicClock

QUIET_SECONDS = 10.0


@pytest.fixture
def clock() -> MonotonicClock:
    return MonotonicClock()


@pytest.fixture
def trouble(clock: MonotonicClock) -> Episode:
    return Episode(logging.getLogger(__name__), Lines.about("it rains", "take an umbrella"), QUIET_SECONDS, clock)


def test_it_logs_the_first_case_and_the_end(
    trouble: Episode, clock: MonotonicClock, caplog: pytest.LogCaptureFixture
) -> None:
    trouble.look()
    assert caplog.messages == []
    for _ in range(500):
        trouble.note()
        trouble.look()
        clock.seconds += 0.1
    assert caplog.messages == ["it rains; take an umbrella"]
    clock.seconds += QUIET_SECONDS
    trouble.look()
    trouble.look()
    assert caplog.messages[1:] == ["it rains: over after 50 s, 500 times"]


def test_it_logs_a_line_a_minute_while_it_lasts(
    trouble: Episode, clock: MonotonicClock, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(121):
        trouble.note()
        clock.seconds += 1
    assert caplog.messages[1:] == [
        "it rains: still after 60 s, 61 times; take an umbrella",
        "it rains: still after 120 s, 121 times; take an umbrella",
    ]


def test_it_may_begin_again(trouble: Episode, clock: MonotonicClock, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(2):
        trouble.note()
        clock.seconds += REMINDER_SECONDS
        trouble.look()
    assert caplog.messages == ["it rains; take an umbrella", "it rains: over after 0 s, 1 times"] * 2


def test_what_comes_back_within_a_minute_is_logged_once_it_lasts(
    trouble: Episode, clock: MonotonicClock, caplog: pytest.LogCaptureFixture
) -> None:
    trouble.note()
    clock.seconds += QUIET_SECONDS
    trouble.look()
    caplog.clear()
    for _ in range(int(REMINDER_SECONDS)):
        trouble.note()
        clock.seconds += 1
    assert caplog.messages == ["it rains; take an umbrella"]


def test_a_reason_is_shown_as_it_is(clock: MonotonicClock, caplog: pytest.LogCaptureFixture) -> None:
    Episode(logging.getLogger(__name__), Lines("%(reason)s", "", ""), QUIET_SECONDS, clock).note("100 %s {full}")
    assert caplog.messages == ["100 %s {full}"]


def test_threads_that_meet_it_together_are_one_line(trouble: Episode, caplog: pytest.LogCaptureFixture) -> None:
    together = threading.Barrier(8)

    def meet() -> None:
        together.wait(10)
        trouble.note()

    threads = [threading.Thread(target=meet) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert caplog.messages == ["it rains; take an umbrella"]
