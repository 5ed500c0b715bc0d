"""The guardian's program with simulated process groups. The tests in tests/functional use real ones."""

import io
import os
import signal
import sys
import time

import pytest
from imagejobs.embedded.supervision import guardian_process

TERM, KILL = signal.SIGTERM, signal.SIGKILL


class Groups:
    """Process groups. `stubborn` ones end by SIGKILL only, the others by SIGTERM or after `polls` checks."""

    def __init__(self, *running: int, stubborn: frozenset[int] = frozenset(), polls: int = 0) -> None:
        self.running = set(running)
        self.sent: list[tuple[int, int]] = []
        self._stubborn = stubborn
        self._polls = polls

    def killpg(self, group: int, number: int) -> None:
        if group not in self.running:
            raise ProcessLookupError(group)
        if number == 0:
            self._polls -= 1
            if self._polls == 0:
                self.running -= {group} - self._stubborn
        else:
            self.kill(group, number)

    def kill(self, leader: int, number: int) -> None:
        if leader not in self.running:
            raise ProcessLookupError(leader)
        self.sent.append((leader, number))
        if number == KILL or leader not in self._stubborn:
            self.running.discard(leader)


@pytest.fixture
def passing_time(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The times that were slept. The clock advances by these only."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    monkeypatch.setattr(time, "monotonic", lambda: sum(slept))
    return slept


def follow(monkeypatch: pytest.MonkeyPatch, groups: Groups, lines: str, platform: str = "linux") -> None:
    monkeypatch.setattr(os, "killpg", groups.killpg)
    monkeypatch.setattr(os, "kill", groups.kill)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(sys, "stdin", io.StringIO(lines))
    guardian_process.main()


def test_without_groups_it_ends_at_once(monkeypatch: pytest.MonkeyPatch, passing_time: list[float]) -> None:
    groups = Groups(7)
    follow(monkeypatch, groups, "")
    assert (groups.sent, passing_time) == ([], [])


def test_what_is_left_after_the_grace_is_killed(monkeypatch: pytest.MonkeyPatch, passing_time: list[float]) -> None:
    groups = Groups(7, 8, stubborn=frozenset({7, 8}))
    follow(monkeypatch, groups, "+7\n+8\n")
    assert sorted(groups.sent) == [(7, KILL), (8, KILL)]
    assert guardian_process.GRACE_SECONDS <= sum(passing_time) < guardian_process.GRACE_SECONDS + 0.1


@pytest.mark.usefixtures("passing_time")
def test_what_was_forgotten_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    groups = Groups(7, 8, stubborn=frozenset({7, 8}))
    follow(monkeypatch, groups, "+7\n+8\n-7\n")
    assert groups.running == {7}


def test_what_ends_in_time_is_not_waited_for_any_longer(
    monkeypatch: pytest.MonkeyPatch, passing_time: list[float]
) -> None:
    groups = Groups(7, polls=3)
    follow(monkeypatch, groups, "+7\n")
    assert groups.sent == []
    assert sum(passing_time) < 0.1


@pytest.mark.usefixtures("passing_time")
def test_on_linux_the_kernel_has_sent_the_first_signal_already(monkeypatch: pytest.MonkeyPatch) -> None:
    groups = Groups(7, stubborn=frozenset({7}))
    follow(monkeypatch, groups, "+7\n")
    assert (7, TERM) not in groups.sent


def test_elsewhere_it_asks_every_leader_that_is_left_to_end(
    monkeypatch: pytest.MonkeyPatch, passing_time: list[float]
) -> None:
    groups = Groups(7, 9)
    follow(monkeypatch, groups, "+7\n+8\n+9\n", platform="darwin")
    assert sorted(groups.sent) == [(7, TERM), (9, TERM)]
    assert passing_time == []
