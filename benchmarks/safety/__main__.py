"""`python -m benchmarks.safety`: the throughput with and without lease renewal and reconciler, in the same rounds.

The shipped system is compared with two variants. In the first, the worker never renews a lease, neither in its thread
nor before the upload, and there is no reconciler. In the second, in addition, the API does not check the output.
"""

import argparse
import json
import signal
import statistics
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from benchmarks.pictures import photograph
from benchmarks.safety.rounds import SHIPPED, VARIANTS, Share, rounds, share

GOAL_PER_CENT = 90


def main() -> None:
    """Measure and print."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that started processes are ended
    parser = argparse.ArgumentParser(prog="python -m benchmarks.safety", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print every round as JSON instead of a table")
    parser.add_argument("--rounds", type=int, default=24)
    parser.add_argument("--jobs", type=int, default=40, help="jobs of each variant in each round")
    parser.add_argument(
        "--width", type=int, default=1600, help="width of the images; their height is three quarters of it"
    )
    options = parser.parse_args()
    picture = photograph(options.width, options.width * 3 // 4, seed=2)
    found = list(rounds(options.rounds, options.jobs, picture, Console(stderr=True).print))
    if options.json:
        print(json.dumps([{name: asdict(pace) for name, pace in each.items()} for each in found], indent=1))
        return
    title = f"{options.rounds} rounds of {options.jobs} jobs, {options.width} x {options.width * 3 // 4}"
    table = Table(
        "system", "jobs/s", "CPU ms a job", "shipped throughput, of this", "shipped CPU, of this", title=title
    )
    for name in VARIANTS:
        pace = statistics.median(each[name].jobs_per_second for each in found)
        cpu = statistics.median(each[name].cpu_per_job for each in found) * 1000
        speed = share(found, name, lambda pace: pace.jobs_per_second)
        costs = share(found, name, lambda pace: pace.cpu_per_job)
        shown = ("", "") if name == SHIPPED else (_shown(speed), _shown(costs))
        table.add_row(name, f"{pace:.1f}", f"{cpu:.0f}", *shown)
    Console(width=120).print(table, f"The goal is at least {GOAL_PER_CENT} % of the throughput.")


def _shown(found: Share) -> str:
    return f"{found.median:.0f} % ({found.least:.0f} to {found.most:.0f})"


if __name__ == "__main__":
    main()
