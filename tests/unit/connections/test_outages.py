import threading

import pytest
from imagejobs.connections.outages import SETTLED_SECONDS, Outages
from imagejobs.errors import BackingServiceUnavailable
from imagejobs.runtime.episode import REMINDER_SECONDS
from worlds.monotonic_clock import MonotonicClock


@pytest.fixture
def clock() -> MonotonicClock:
    return MonotonicClock()


@pytest.fixture
def outages(clock: MonotonicClock) -> Outages:
    return Outages(clock)


def test_an_outage_is_a_line_at_its_beginning_and_one_at_its_end(
    outages: Outages, clock: MonotonicClock, caplog: pytest.LogCaptureFixture
) -> None:
    outages.answered("Redis")
    for _ in range(1000):
        outages.failed("Redis", "Connection refused")
        clock.seconds += 0.01
    clock.seconds += SETTLED_SECONDS
    for _ in range(1000):
        outages.answered("Redis")
    assert caplog.messages == [
        "Redis is unavailable: Connection refused; trying again until it is back",
        "Redis is available again after 10.0 s",
    ]


def test_a_long_outage_is_a_line_a_minute(
    outages: Outages, clock: MonotonicClock, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(301):
        outages.failed("Redis", "Connection refused")
        clock.seconds += 1
    assert len(caplog.messages) == 6
    assert caplog.messages[1] == "Redis is still unavailable after 60 s: Connection refused"


def test_a_service_that_answers_some_calls_only_is_not_back(
    outages: Outages, clock: MonotonicClock, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(100):
        outages.failed("Redis", "OOM")
        outages.answered("Redis")
        clock.seconds += 0.5
    assert len(caplog.messages) == 1


def test_short_outages_that_come_often_are_two_lines_a_minute(
    outages: Outages, clock: MonotonicClock, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(30):
        outages.failed("storage", "slow down")
        clock.seconds += 2 * SETTLED_SECONDS
        outages.answered("storage")
    minutes = 30 * 2 * SETTLED_SECONDS / REMINDER_SECONDS
    assert len(caplog.messages) <= 2 * minutes


def test_each_service_has_its_own(outages: Outages, clock: MonotonicClock, caplog: pytest.LogCaptureFixture) -> None:
    outages.failed("Redis", "x")
    outages.failed("MongoDB", "y")
    clock.seconds += SETTLED_SECONDS
    outages.answered("MongoDB")
    assert [message.split(" is ")[0] for message in caplog.messages] == ["Redis", "MongoDB", "MongoDB"]


def test_a_block_that_raises_notes_a_failure_and_one_that_ends_an_answer(
    outages: Outages, clock: MonotonicClock, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(BackingServiceUnavailable), outages.watched("API"):
        raise BackingServiceUnavailable("API", "Connection refused")
    clock.seconds += SETTLED_SECONDS
    with pytest.raises(KeyError), outages.watched("API"):
        raise KeyError("not about the service")
    assert len(caplog.messages) == 1
    with outages.watched("API"):
        pass
    assert caplog.messages[1] == "API is available again after 0.0 s"


def test_threads_that_fail_together_are_one_line(outages: Outages, caplog: pytest.LogCaptureFixture) -> None:
    together = threading.Barrier(8)

    def fail() -> None:
        together.wait(10)
        outages.failed("Redis", "x")

    threads = [threading.Thread(target=fail) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(caplog.messages) == 1
