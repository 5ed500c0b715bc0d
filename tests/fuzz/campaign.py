"""One fuzzing run: try damaged files for some time, count the outcomes, and look for leaks in this process."""

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
"""A short timeout, so that a file that hangs its child does not use up the whole run."""
ENOUGH = 100
"""Number of failures after which a run ends early."""


@dataclass(slots=True)
class Report:
    """What a run found. `outcomes` counts files by the format that they announce and by outcome.

    `failures` are faults of the parent process. `pids` are all children of the run. `peak_bytes` is the largest memory
    peak of any child.
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
        """Number of files tried."""
        return self.outcomes.total()

    @property
    def replaced(self) -> int:
        """Number of children that died and were replaced."""
        return len(self.pids) - self.children

    def of(self, code: str) -> int:
        """Number of files with this outcome, over all formats."""
        return sum(number for (_, each), number in self.outcomes.items() if each == code)


@dataclass(frozen=True)
class Plan:
    """Which files to try: number `first` and those after it, for `seconds`, or up to and including `last`."""

    seed: int
    seconds: float
    children: int = 1
    first: int = 0
    last: int | None = None


def run(plan: Plan, keeper: Keeper, progress: Callable[[Report], None] = lambda _: None) -> Report:
    """Try damaged files, and check that this process leaks nothing. Call it in the main thread only."""
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
    """Yield the outcome of each file, and the seconds since the start."""
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
    """Start one child per thread. The barrier keeps each child busy until all have started, so none is reused."""
    together = threading.Barrier(children)

    def start() -> None:
        with converter._child() as child:
            child.convert(files[0].data, Options())
            together.wait()

    for each in [threads.submit(start) for _ in range(children)]:
        each.result()
