"""Rounds in which each variant works off the same uploads, one after the other in changing order."""

import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from imagejobs.client.api_client import ApiClient

from benchmarks.local_system import UP, local_system
from benchmarks.safety.bare_system import NO_CHECK, NO_REPAIR
from benchmarks.uploads import upload, wait

_BARE = (sys.executable, "-m", "benchmarks.safety.bare_system")
SHIPPED = "as shipped"
VARIANTS: Mapping[str, Sequence[str]] = {
    SHIPPED: UP,
    "without renewal and reconciler": (*_BARE, NO_REPAIR),
    "and without the look at the output": (*_BARE, NO_CHECK),
}
CLIENTS = 4
WARM_UP = 12
POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Pace:
    """What one variant did in one round: jobs a second, and CPU seconds of all its processes for a job."""

    jobs_per_second: float
    cpu_per_job: float


@dataclass(frozen=True, slots=True)
class Share:
    """Shipped by bare, in per cent: the median over the rounds, the least and the most."""

    median: float
    least: float
    most: float


def rounds(count: int, jobs: int, picture: bytes, notice: Callable[[str], None]) -> Iterator[Mapping[str, Pace]]:
    """Each round begins with another variant, so that none is always first."""
    names = list(VARIANTS)
    for number in range(count):
        turn = number % len(names)
        paces = {name: _pace(VARIANTS[name], jobs, picture) for name in names[turn:] + names[:turn]}
        said = ", ".join(f"{name} {pace.jobs_per_second:.1f} jobs/s" for name, pace in paces.items())
        notice(f"round {number + 1}: {said}")
        yield paces


def share(found: Sequence[Mapping[str, Pace]], name: str, figure: Callable[[Pace], float]) -> Share:
    """How a figure of the shipped system compares with that of a variant, round by round."""
    ratios = [100 * figure(each[SHIPPED]) / figure(each[name]) for each in found]
    return Share(statistics.median(ratios), min(ratios), max(ratios))


def _pace(program: Sequence[str], jobs: int, picture: bytes) -> Pace:
    with local_system(program) as system, ThreadPoolExecutor(CLIENTS) as pool:
        api = ApiClient(system.api_url)
        _work_off(api, pool, WARM_UP, picture)
        before, started = system.cpu_seconds("up"), time.perf_counter()
        _work_off(api, pool, jobs, picture)
        return Pace(jobs / (time.perf_counter() - started), (system.cpu_seconds("up") - before) / jobs)


def _work_off(api: ApiClient, pool: ThreadPoolExecutor, jobs: int, picture: bytes) -> None:
    for job_id in list(pool.map(lambda _: upload(api, picture), range(jobs))):
        wait(api, job_id, POLL_SECONDS)
