"""Rounds in which each variant processes the same uploads, one variant after the other, in changing order."""

import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from imagejobs.client.api_client import ApiClient

from benchmarks.local_system import UP, LocalSystem, local_system
from benchmarks.safety.bare_system import NO_CHECK, NO_REPAIR
from benchmarks.uploads import upload, wait

_BARE = (sys.executable, "-m", "benchmarks.safety.bare_system")
SHIPPED = "as shipped"
VARIANTS: Mapping[str, Sequence[str]] = {
    SHIPPED: UP,
    "without renewal and reconciler": (*_BARE, NO_REPAIR),
    "and without the check of the output": (*_BARE, NO_CHECK),
}
CLIENTS = 4
WARM_UP_ROUNDS = 1
POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Pace:
    """One variant's result of one round: jobs per second, and CPU seconds of all its processes per job."""

    jobs_per_second: float
    cpu_per_job: float


@dataclass(frozen=True, slots=True)
class Share:
    """The shipped system's figure divided by a variant's, in percent: median, least and greatest over the rounds."""

    median: float
    least: float
    most: float


def rounds(count: int, jobs: int, picture: bytes, notice: Callable[[str], None]) -> Iterator[Mapping[str, Pace]]:
    """Yield each round's results. Each variant has its own system; while one works, the others are stopped.

    Each round begins with a different variant, so that no variant is always first.
    """
    names = list(VARIANTS)
    with ExitStack() as stack:
        systems = {name: stack.enter_context(local_system(program)) for name, program in VARIANTS.items()}
        for number in range(-WARM_UP_ROUNDS, count):
            turn = number % len(names)
            paces = {}
            for name in names[turn:] + names[:turn]:
                with _suspended(each for other, each in systems.items() if other != name):
                    paces[name] = _pace(systems[name], jobs, picture)
            said = ", ".join(f"{name} {pace.jobs_per_second:.1f} jobs/s" for name, pace in paces.items())
            notice(f"round {number + 1 if number >= 0 else 'to warm up'}: {said}")
            if number >= 0:
                yield paces


def share(found: Sequence[Mapping[str, Pace]], name: str, figure: Callable[[Pace], float]) -> Share:
    """Compare a figure of the shipped system with that of a variant, round by round."""
    ratios = [100 * figure(each[SHIPPED]) / figure(each[name]) for each in found]
    return Share(statistics.median(ratios), min(ratios), max(ratios))


@contextmanager
def _suspended(systems: Iterable[LocalSystem]) -> Iterator[None]:
    with ExitStack() as stack:
        for each in systems:
            stack.enter_context(each.suspended())
        yield


def _pace(system: LocalSystem, jobs: int, picture: bytes) -> Pace:
    api = ApiClient(system.api_url)
    before, started = system.cpu_seconds("up"), time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        uploaded = list(pool.map(lambda _: upload(api, picture), range(jobs)))
    for job_id in uploaded:
        wait(api, job_id, POLL_SECONDS)
    return Pace(jobs / (time.perf_counter() - started), (system.cpu_seconds("up") - before) / jobs)
