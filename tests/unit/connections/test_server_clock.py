import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imagejobs.connections import server_clock as clock_module
from imagejobs.connections.server_clock import REFRESH_SECONDS, ServerClock
from imagejobs.times import isoformat, to_milliseconds

MOMENT = datetime(2024, 1, 1, 12, 30, 15, 123_999, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


class Machine:
    """A local monotonic clock, and a server whose round trip takes `trip` seconds."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, server_time: datetime = MOMENT, trip: float = 0.0) -> None:
        self.seconds = 1_000.0
        self.server_time = server_time
        self.trip = trip
        self.asked = 0
        monkeypatch.setattr(clock_module, "_seconds", lambda: self.seconds)
        self.clock = ServerClock(self.ask)

    def ask(self) -> datetime:
        self.asked += 1
        self.seconds += self.trip
        return self.server_time


@given(st.datetimes(timezones=st.just(UTC)))
def test_milliseconds_are_cut_not_rounded(moment: datetime) -> None:
    cut = to_milliseconds(moment)
    assert cut.microsecond % 1000 == 0
    assert timedelta(0) <= moment - cut < MILLISECOND


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2024, 1, 1, tzinfo=UTC), "2024-01-01T00:00:00.000Z"),
        (MOMENT, "2024-01-01T12:30:15.123Z"),
        (datetime(2024, 1, 1, 7, tzinfo=timezone(timedelta(hours=7))), "2024-01-01T00:00:00.000Z"),
    ],
)
def test_times_are_written_as_javascript_does(moment: datetime, text: str) -> None:
    assert isoformat(moment) == text


def test_the_time_is_the_servers_carried_on(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch)
    assert machine.clock.now() == to_milliseconds(MOMENT)
    machine.seconds += 2.5
    assert machine.clock.now() == to_milliseconds(MOMENT + timedelta(seconds=2.5))
    assert machine.asked == 1


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="only Linux has a clock that stops while it sleeps")
def test_after_the_machine_slept_it_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = {time.CLOCK_BOOTTIME: 1_000.0, time.CLOCK_MONOTONIC: 1_000.0}
    monkeypatch.setattr(time, "clock_gettime", seconds.__getitem__)
    server_time = iter((MOMENT, MOMENT + timedelta(hours=2)))
    clock = ServerClock(lambda: next(server_time))
    clock.now()
    seconds[time.CLOCK_BOOTTIME] += 7_200
    assert clock.now() == to_milliseconds(MOMENT + timedelta(hours=2))


def test_it_is_read_again_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch)
    machine.clock.now()
    machine.server_time = MOMENT + timedelta(hours=1)
    machine.seconds += REFRESH_SECONDS
    assert machine.clock.now() < machine.server_time
    machine.seconds += 0.001
    assert machine.clock.now() == to_milliseconds(machine.server_time)
    assert machine.asked == 2


def test_half_of_the_trip_counts_as_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, trip=2.0)
    assert machine.clock.now() == to_milliseconds(MOMENT + timedelta(seconds=1))


def test_a_server_that_names_no_zone_means_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, server_time=MOMENT.replace(tzinfo=None))
    assert machine.clock.now() == to_milliseconds(MOMENT)


def test_a_reading_that_fails_is_raised_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch)
    answers = iter([ConnectionError("unavailable"), None])

    def ask() -> datetime:
        if error := next(answers):
            raise error
        return MOMENT

    machine.clock._read = ask
    with pytest.raises(ConnectionError):
        machine.clock.now()
    assert machine.clock.now() == to_milliseconds(MOMENT)


def test_readings_that_fail_slowly_fail_side_by_side() -> None:
    together = threading.Barrier(4)

    def ask() -> datetime:
        together.wait(10)  # breaks unless all four ask at the same time
        raise ConnectionError

    clock = ServerClock(ask)
    with ThreadPoolExecutor(4) as threads:
        failures = [asked.exception() for asked in [threads.submit(clock.now) for _ in range(4)]]
    assert [type(failure) for failure in failures] == [ConnectionError] * 4


def test_while_one_thread_reads_again_the_others_carry_on_with_what_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch)
    asked, answered = threading.Event(), threading.Event()

    def ask() -> datetime:
        asked.set()
        assert answered.wait(10)
        return MOMENT + timedelta(hours=1)

    machine.clock.now()
    machine.clock._read = ask
    machine.seconds += 2 * REFRESH_SECONDS
    with ThreadPoolExecutor(1) as threads:
        reading = threads.submit(machine.clock.now)
        assert asked.wait(10)
        assert machine.clock.now() == to_milliseconds(MOMENT + timedelta(seconds=2 * REFRESH_SECONDS))
        answered.set()
        assert reading.result(10) == to_milliseconds(MOMENT + timedelta(hours=1))
