"""Two lines for many cases."""

import time

import pytest
from imagejobs.api.connections import episode
from imagejobs.api.connections.episode import Episode


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, to be set."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_it_logs_the_first_case_and_the_end(clock: list[float], caplog: pytest.LogCaptureFixture) -> None:
    trouble = Episode("it rains", "take an umbrella")
    trouble.look()
    assert caplog.messages == []
    for _ in range(500):
        trouble.note()
        trouble.look()
        clock[0] += 0.1
    assert caplog.messages == ["it rains; take an umbrella"]
    clock[0] += episode.QUIET_SECONDS
    trouble.look()
    trouble.look()
    assert caplog.messages[1:] == ["it rains: over after 50 s, 500 times"]


def test_it_may_begin_again(clock: list[float], caplog: pytest.LogCaptureFixture) -> None:
    trouble = Episode("it rains", "take an umbrella")
    for _ in range(2):
        trouble.note()
        clock[0] += episode.QUIET_SECONDS + 1
        trouble.look()
    assert len(caplog.messages) == 4
