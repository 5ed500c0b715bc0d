"""Damaged files one after another, for a while; what became of them, and of the process that handed them on."""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count

from fuzz.corpus import Seed, corpus
from fuzz.keeping import Keeper
from fuzz.leftovers import grown, held, own_temporary_folder, peak_bytes
from fuzz.mutants import mutant
from fuzz.trial import CONVERTED, FAILURE, Outcome, convert, look
from imagejobs.conversion.formats.probe import Probe
from imagejobs.conversion.options import Options
from imagejobs.conversion.sandbox.confinement import Limits
from imagejobs.conversion.sandbox.pool import Converter

LIMITS = Limits(seconds=20)
"""A file that hangs its child may not use up the whole time."""
ENOUGH = 100
"""Failures after which a run ends early."""


@dataclass(slots=True)
class Report:
    """Counts, by the format that a damaged file announces and what became of it.

    `failures` are the parent's, `pids` those of the children that there were, `peak_bytes` is the most that one of them
    had in memory by the end of a conversion.
    """

    seed: int
    children: int
    encoder: str = ""
    seconds: float = 0.0
    accepted: int = 0
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    pids: set[int] = field(default_factory=set)
    peak_bytes: int = 0
    failures: list[str] = field(default_factory=list)

    @property
    def files(self) -> int:
        """How many were tried."""
        return self.outcomes.total()

    @property
    def replaced(self) -> int:
        """How many children died and were replaced."""
        return len(self.pids) - self.children

    def of(self, code: str) -> int:
        """How many ended so, of all formats."""
        return sum(number for (_, each), number in self.outcomes.items() if each == code)


@dataclass(frozen=True)
class Plan:
    """What to try: all files from number `first` on for some seconds, or until `last`."""

    seed: int
    seconds: float
    children: int = 1
    first: int = 0
    last: int | None = None


def run(plan: Plan, keeper: Keeper, progress: Callable[[Report], None] = lambda _: None) -> Report:
    """Try damaged files, and check that this process comes out of it as it went in. In the main thread only."""
    report = Report(plan.seed, plan.children)
    with own_temporary_folder() as folder:
        before = held(folder)
        with Converter(LIMITS) as converter, ThreadPoolExecutor(plan.children) as threads:
            abilities = converter.abilities()
            report.encoder = abilities.encoder
            files = corpus(abilities.reads)
            _warm(converter, threads, files, plan.children)
            warm = held(folder)
            for outcome in _outcomes(plan, files, converter, threads):
                _count(outcome, report, keeper)
                _look_at(converter.pids, report)
                progress(report)
                if len(report.failures) >= ENOUGH:
                    break
            report.failures += grown("with warm children", warm, held(folder))
        report.failures += grown("after all children", before, held(folder))
    return report


def _outcomes(
    plan: Plan, files: Sequence[Seed], converter: Converter, threads: ThreadPoolExecutor
) -> Iterator[tuple[Outcome, float]]:
    """What became of each file, and how many seconds have passed."""
    waiting: deque[Future[Outcome]] = deque()
    started = time.monotonic()
    for number in count(plan.first):
        passed = time.monotonic() - started
        if passed >= plan.seconds or (plan.last is not None and number > plan.last):
            break
        damaged = mutant(plan.seed, number, files)
        found = look(damaged)
        if isinstance(found, Probe):
            waiting.append(threads.submit(convert, converter, damaged, found))
        else:
            yield found, passed
        if len(waiting) > 2 * plan.children:
            yield waiting.popleft().result(), passed
    for each in waiting:
        yield each.result(), time.monotonic() - started


def _count(outcome: tuple[Outcome, float], report: Report, keeper: Keeper) -> None:
    found, report.seconds = outcome
    report.outcomes[found.format, found.code] += 1
    report.accepted += found.is_accepted
    if found.code == FAILURE:
        report.failures.append(f"file {found.mutant.number} ({found.mutant.story}): {found.message}")
    if found.code != CONVERTED:
        keeper.keep(found)


def _look_at(pids: Iterable[int], report: Report) -> None:
    report.pids.update(pids)
    report.peak_bytes = max(report.peak_bytes, *map(peak_bytes, pids), 0)


def _warm(converter: Converter, threads: ThreadPoolExecutor, files: Sequence[Seed], children: int) -> None:
    """Start as many children as there are threads: none of them is idle before all are there."""
    together = threading.Barrier(children)

    def start() -> None:
        with converter._child() as child:  # a warm one for this thread, and no other
            child.convert(files[0].data, Options())
            together.wait()

    for each in [threads.submit(start) for _ in range(children)]:
        each.result()
