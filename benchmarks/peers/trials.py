"""Runs trials, several in parallel: they wait for timeouts and use little CPU time."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass

from benchmarks.peers.contenders import Contender
from benchmarks.peers.faults import FAULTS
from benchmarks.peers.outcome import Outcome, judge
from benchmarks.peers.scene import scene
from benchmarks.peers.waiting import holds_within

LINGER_SECONDS = 5.0
"""Seconds to wait after the last job has ended, to catch repeated executions."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One contender and one fault."""

    contender: Contender
    fault: str

    def run(self, job_seconds: float, deadline: float, starting: threading.Lock) -> Outcome:
        """Run the trial from an idle system to its outcome. Raises TooLate if the fault could not be injected.

        `starting` lets one system start at a time, so that no start is too slow.
        """
        with ExitStack() as stack:
            with starting:
                now = stack.enter_context(scene(self.contender, job_seconds))
            hit = FAULTS[self.fault](now)
            holds_within(deadline, lambda: not now.unfinished())
            time.sleep(LINGER_SECONDS)
            return judge(now.producer.accepted, now.executions(), hit(), now.producer.refused, now.kept())


def run_all(
    trials: Sequence[Trial], at_once: int, job_seconds: float, deadline: float, notice: Callable[[str], None]
) -> Iterator[tuple[Trial, Outcome]]:
    """Yield each trial when it ends. A trial that fails is reported through `notice` and skipped."""
    starting = threading.Lock()
    with ThreadPoolExecutor(at_once) as pool:
        running = {pool.submit(each.run, job_seconds, deadline, starting): each for each in trials}
        try:
            for done in as_completed(running):
                trial = running[done]
                try:
                    yield trial, done.result()
                except Exception as error:  # noqa: BLE001 - the other trials go on
                    notice(f"{trial.contender.name}, {trial.fault}: the trial failed: {error}")
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
