"""Runs trials, several at the same time: what they wait for are timeouts, not the processor."""

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
"""After the last job has ended, for executions that come twice."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One contender, one fault."""

    contender: Contender
    fault: str

    def run(self, job_seconds: float, deadline: float, starting: threading.Lock) -> Outcome:
        """From an idle system to the verdict. Raises TooLate if the fault could not be tried.

        `starting` lets one system at a time start, so that none is too slow.
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
    """Each as it ends. One that could not be tried is told of and left out."""
    starting = threading.Lock()
    with ThreadPoolExecutor(at_once) as pool:
        running = {pool.submit(each.run, job_seconds, deadline, starting): each for each in trials}
        try:
            for done in as_completed(running):
                trial = running[done]
                try:
                    yield trial, done.result()
                except Exception as error:  # noqa: BLE001 - the other trials go on
                    notice(f"{trial.contender.name}, {trial.fault}: could not be tried: {error}")
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
