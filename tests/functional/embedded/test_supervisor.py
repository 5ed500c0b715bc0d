import os
import signal
import time
from collections.abc import Callable

import pytest
from imagejobs.embedded.supervision.child_spec import ChildEvent, ChildSpec, Groups, Happening
from imagejobs.embedded.supervision.guardian import Guardian
from imagejobs.embedded.supervision.supervisor import Supervisor
from imagejobs.errors import ConfigurationError

STUBBORN = (
    "import signal, os; signal.signal(signal.SIGTERM, signal.SIG_IGN); os.fork(); print(1, flush=True); signal.pause()"
)
STARTED, READY, DIED = Happening.STARTED, Happening.READY, Happening.DIED
RESTARTING, STOPPED, KILLED = Happening.RESTARTING, Happening.STOPPED, Happening.KILLED

Describe = Callable[..., ChildSpec]


class Run:
    """A supervisor under test, and its events."""

    def __init__(self, groups: Groups, guardian: Guardian) -> None:
        self.events: list[ChildEvent] = []
        self.supervisor = Supervisor(groups, self._hear, guardian)
        self.after: Callable[[ChildEvent], None] = lambda _event: None

    def until_ready(self, start_timeout: float = 10) -> None:
        self.supervisor.run(self.supervisor.request_stop, start_timeout)

    def happenings(self) -> list[tuple[Happening, str]]:
        return [(event.happening, event.spec.name) for event in self.events]

    def _hear(self, event: ChildEvent) -> None:
        self.events.append(event)
        self.after(event)


def has_spoken(spec: ChildSpec) -> bool:
    return spec.log_file.exists() and spec.log_file.read_text() != ""


def test_a_group_starts_when_the_groups_before_are_ready_and_the_first_stops_last(
    python_child: Describe, guardian: Guardian
) -> None:
    gate = time.monotonic() + 0.3
    slow = python_child("database", ready=lambda _started_at: time.monotonic() > gate)
    run = Run([[slow], [python_child("api")], [python_child("adapter")]], guardian)
    run.until_ready()
    assert run.happenings()[:6] == [
        (STARTED, "database"),
        (READY, "database"),
        (STARTED, "api"),
        (READY, "api"),
        (STARTED, "adapter"),
        (READY, "adapter"),
    ]
    assert set(run.happenings()[6:8]) == {(STOPPED, "adapter"), (STOPPED, "api")}
    assert run.happenings()[8:] == [(STOPPED, "database")]
    assert (run.events[1].seconds or 0) > 0.2


def test_a_killed_child_is_started_again_after_half_a_second_and_must_become_ready_again(
    python_child: Describe, guardian: Guardian
) -> None:
    starts: list[float] = []
    times: list[float] = []

    def ready(started_at: float) -> bool:
        starts.append(started_at)
        return True

    run = Run([[python_child("api", ready=ready)]], guardian)

    def kill_once(event: ChildEvent) -> None:
        if event.happening is READY:
            if len(times) == 0:
                os.kill(event.pid, signal.SIGKILL)
            else:
                run.supervisor.request_stop()
        if event.happening in {DIED, STARTED}:
            times.append(time.monotonic())

    run.after = lambda event: kill_once(event) if event.happening is not STARTED or run.events[:-1] else None
    run.supervisor.run(lambda: None, 10)
    assert [kind for kind, _ in run.happenings()] == [STARTED, READY, DIED, RESTARTING, STARTED, READY, STOPPED]
    died, restarting = run.events[2], run.events[3]
    assert died.exit_code == -signal.SIGKILL
    assert restarting.seconds == 0.5
    assert 0.45 < times[1] - times[0] < 2
    assert starts[-1] > starts[0]
    assert run.events[4].pid != died.pid


def test_a_child_that_keeps_dying_waits_longer_each_time(python_child: Describe, guardian: Guardian) -> None:
    run = Run([[python_child("api", "raise SystemExit(3)", ready=lambda _started_at: False)]], guardian)
    run.after = lambda event: run.supervisor.request_stop() if event.seconds == 1.0 else None
    run.supervisor.run(lambda: None, 10)
    assert [event.seconds for event in run.events if event.happening is RESTARTING] == [0.5, 1.0]
    assert {event.exit_code for event in run.events if event.happening is DIED} == {3}


def test_a_child_that_ignores_sigterm_is_killed_with_its_group_within_five_seconds(
    python_child: Describe, guardian: Guardian, left: Callable[[], list[int]], until: Callable[..., None]
) -> None:
    spec: ChildSpec = python_child("stubborn", STUBBORN, ready=lambda _started_at: has_spoken(spec))
    run = Run([[python_child("database")], [spec]], guardian)
    begun: list[float] = []

    def stop() -> None:
        begun.append(time.monotonic())
        run.supervisor.request_stop()

    run.supervisor.run(stop, 10)
    assert time.monotonic() - begun[0] < 5
    assert run.happenings()[-2:] == [(KILLED, "stubborn"), (STOPPED, "database")]
    until(lambda: left() == [guardian.pid])


def test_a_second_request_kills_at_once(
    python_child: Describe, guardian: Guardian, left: Callable[[], list[int]], until: Callable[..., None]
) -> None:
    spec: ChildSpec = python_child("stubborn", STUBBORN, ready=lambda _started_at: has_spoken(spec))
    run = Run([[python_child("database")], [spec]], guardian)
    begun: list[float] = []

    def stop_twice() -> None:
        begun.append(time.monotonic())
        run.supervisor.request_stop()
        run.supervisor.request_stop()

    run.supervisor.run(stop_twice, 10)
    assert time.monotonic() - begun[0] < 1
    assert run.happenings()[-2:] == [(KILLED, "stubborn"), (KILLED, "database")]
    until(lambda: left() == [guardian.pid])


def test_a_one_shot_is_ready_at_its_end_and_not_started_again(python_child: Describe, guardian: Guardian) -> None:
    run = Run([[python_child("indexes", "pass", one_shot=True)], [python_child("adapter")]], guardian)
    run.until_ready()
    assert run.happenings() == [
        (STARTED, "indexes"),
        (READY, "indexes"),
        (STARTED, "adapter"),
        (READY, "adapter"),
        (STOPPED, "adapter"),
    ]


def test_a_one_shot_that_fails_is_tried_again_and_holds_back_the_groups_after_it(
    python_child: Describe, guardian: Guardian
) -> None:
    log = python_child("indexes").log_file
    code = (
        f"import pathlib, sys; tried = pathlib.Path({str(log)!r}).read_text(); "
        "print('try', flush=True); sys.exit(not tried)"
    )
    run = Run([[python_child("indexes", code, one_shot=True)], [python_child("adapter")]], guardian)
    run.until_ready()
    kinds = [kind for kind, name in run.happenings() if name == "indexes"]
    assert kinds == [STARTED, DIED, RESTARTING, STARTED, READY]
    assert run.happenings().index((STARTED, "adapter")) > run.happenings().index((READY, "indexes"))


def test_children_that_do_not_become_ready_are_named_and_none_is_left(
    python_child: Describe, guardian: Guardian, left: Callable[[], list[int]]
) -> None:
    run = Run([[python_child("ready"), python_child("api", ready=lambda _started_at: False)]], guardian)
    with pytest.raises(ConfigurationError, match=r"not ready within 0\.3 s: api\. See .*api\.log"):
        run.until_ready(start_timeout=0.3)
    assert left() == [guardian.pid]


def test_a_program_that_does_not_exist_is_named_and_nothing_is_left(
    python_child: Describe, guardian: Guardian, left: Callable[[], list[int]]
) -> None:
    missing = ChildSpec("worker", ("/does/not/exist",), {}, python_child("worker").log_file)
    run = Run([[python_child("database")], [missing]], guardian)
    with pytest.raises(ConfigurationError, match="worker cannot be started"):
        run.until_ready()
    assert left() == [guardian.pid]


def test_the_process_ids_are_those_of_the_running_children(python_child: Describe, guardian: Guardian) -> None:
    run = Run([[python_child("indexes", "pass", one_shot=True), python_child("api")]], guardian)
    seen: list[dict[str, int]] = []

    def note() -> None:
        seen.append(run.supervisor.pids())
        run.supervisor.request_stop()

    run.supervisor.run(note, 10)
    api = next(event.pid for event in run.events if event.spec.name == "api")
    assert seen == [{"api": api}]
