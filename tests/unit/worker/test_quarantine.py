"""Which jobs may run at the same time in one worker process."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from imagejobs.worker.quarantine import SUSPICIOUS, Quarantine, is_suspect
from servers.processes import wait_until

NEVER = 0.05
"""Seconds to wait before an event counts as not happening."""


class Running:
    """A job in its own thread, which runs until `end` or `ask_to_end`."""

    def __init__(self, quarantine: Quarantine, lost_leases: int) -> None:
        self.is_admitted = threading.Event()
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(quarantine, lost_leases))
        self._thread.start()

    def end(self) -> None:
        self._ends.set()
        self._thread.join(10)
        assert not self._thread.is_alive()

    def ask_to_end(self) -> None:
        self._ends.set()

    def _run(self, quarantine: Quarantine, lost_leases: int) -> None:
        with quarantine.admitted(alone=is_suspect(lost_leases)):
            self.is_admitted.set()
            self._ends.wait(10)


class Jobs:
    def __init__(self, stack: ExitStack) -> None:
        self.quarantine = Quarantine()
        self._stack = stack

    def begin(self, lost_leases: int = 0) -> Running:
        job = Running(self.quarantine, lost_leases)
        self._stack.callback(job.ask_to_end)
        return job


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    with ExitStack() as stack:
        yield Jobs(stack)


@pytest.mark.parametrize("lost_leases", range(SUSPICIOUS))
def test_jobs_above_suspicion_run_side_by_side(jobs: Jobs, lost_leases: int) -> None:
    assert all(jobs.begin(lost_leases).is_admitted.wait(10) for _ in range(3))


def test_a_suspect_waits_until_the_others_have_ended(jobs: Jobs) -> None:
    others = [jobs.begin() for _ in range(2)]
    assert all(other.is_admitted.wait(10) for other in others)
    suspect = jobs.begin(SUSPICIOUS)

    others[0].end()
    assert not suspect.is_admitted.wait(NEVER)
    others[1].end()
    assert suspect.is_admitted.wait(10)


@pytest.mark.parametrize("lost_leases", [0, SUSPICIOUS])
def test_no_job_is_admitted_beside_a_suspect(jobs: Jobs, lost_leases: int) -> None:
    suspect = jobs.begin(SUSPICIOUS + 1)
    assert suspect.is_admitted.wait(10)
    other = jobs.begin(lost_leases)

    assert not other.is_admitted.wait(NEVER)
    suspect.end()
    assert other.is_admitted.wait(10)


def test_no_job_overtakes_a_suspect_that_waits(jobs: Jobs) -> None:
    running = jobs.begin()
    assert running.is_admitted.wait(10)
    suspect = jobs.begin(SUSPICIOUS)
    wait_until(jobs.quarantine._entrance.locked, 10)
    late = jobs.begin()

    assert not late.is_admitted.wait(NEVER)
    running.end()
    assert suspect.is_admitted.wait(10)
    assert not late.is_admitted.wait(NEVER)


@pytest.mark.parametrize("lost_leases", [0, SUSPICIOUS])
def test_a_job_that_fails_leaves_as_any_other_does(jobs: Jobs, lost_leases: int) -> None:
    def fail() -> None:
        with jobs.quarantine.admitted(alone=is_suspect(lost_leases)):
            raise ValueError(lost_leases)

    with pytest.raises(ValueError, match=str(lost_leases)):
        fail()
    assert jobs.begin(SUSPICIOUS).is_admitted.wait(10)
