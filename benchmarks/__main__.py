"""`python -m benchmarks [--json] [--jobs N]`: time until ready, latency of one upload, CPU time of a full queue."""

import argparse
import json
import statistics
import time
from dataclasses import dataclass

from imagejobs.client.api_client import ApiClient
from imagejobs.conversion.engine import convert
from imagejobs.conversion.options import Options
from rich.console import Console
from rich.table import Table

from benchmarks.local_system import LocalSystem, local_system
from benchmarks.pictures import photograph
from benchmarks.uploads import POLL_SECONDS, upload, wait

ROUNDS = 15


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure and its goal."""

    name: str
    value: float
    unit: str
    goal: str


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks")
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--jobs", type=int, default=200)
    options = arguments.parse_args()
    picture = photograph(3840, 2400)
    with local_system() as system:
        api = ApiClient(system.api_url)
        figures = [
            Figure("ready after start", system.ready_seconds, "s", "< 5"),
            *latency(api, picture),
            *drain(system, api, photograph(1600, 1200, seed=2), options.jobs),
        ]
    if options.json:
        print(json.dumps({figure.name: figure.value for figure in figures}))
        return
    table = Table(
        "measured", "value", "goal", title=f"9-megapixel JPEG of {len(picture) / 1e6:.1f} MB; {options.jobs} jobs"
    )
    for figure in figures:
        table.add_row(figure.name, f"{figure.value:.3g} {figure.unit}", figure.goal)
    Console().print(table)


def latency(api: ApiClient, picture: bytes) -> list[Figure]:
    """The latency of uploads sent one at a time, measured by a polling client, in total and without the conversion."""
    totals, overheads = [], []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        job_id = upload(api, picture)
        job = wait(api, job_id)
        total = time.perf_counter() - started
        totals.append(total)
        overheads.append(total - job["receipt"]["durationMs"] / 1000)
    return [
        Figure("upload to COMPLETED, p50", statistics.median(totals), "s", "< 1"),
        Figure("overhead beside the conversion, p50", statistics.median(overheads) * 1000, "ms", "< 60"),
    ]


def drain(system: LocalSystem, api: ApiClient, picture: bytes, count: int) -> list[Figure]:
    """The CPU time of the workers for `count` jobs, compared with the same conversions alone in this process."""
    alone = cpu_of_one_conversion(picture)
    before, started = system.worker_cpu_seconds(), time.perf_counter()
    for job_id in [upload(api, picture) for _ in range(count)]:
        wait(api, job_id, POLL_SECONDS * 20)
    seconds, used = time.perf_counter() - started, system.worker_cpu_seconds() - before
    return [
        Figure("jobs per second", count / seconds, "/s", ""),
        Figure("conversion's share of the workers' CPU time", 100 * alone * count / used, "%", ">= 85"),
    ]


def cpu_of_one_conversion(picture: bytes) -> float:
    """The median CPU time of a conversion, in seconds."""
    times = []
    for _ in range(7):
        before = time.process_time()
        convert(picture, Options())
        times.append(time.process_time() - before)
    return statistics.median(times)


if __name__ == "__main__":
    main()
