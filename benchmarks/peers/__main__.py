"""`python -m benchmarks.peers`: kill -9, an empty Redis and lost replies, on this system and on its peers.

Celery must be installed in the virtual environment CELERY_VENV, and BullMQ with ioredis in the folder BULLMQ_DIR. A
system that is not installed is skipped. A job sleeps for a fixed time; it is lost if no execution finishes within the
deadline. Each system runs with its defaults and one worker with four slots, and each trial has its own Redis.
"""

import argparse
import json
import signal
from collections.abc import Sequence

from rich.console import Console

from benchmarks.peers.contenders import Contender, Missing, contenders
from benchmarks.peers.faults import FAULTS
from benchmarks.peers.report import as_json, as_markdown, as_table, rows
from benchmarks.peers.trials import Trial, run_all

WIDTH = 150


def main() -> None:
    """Measure and print."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that started processes are ended
    options = _arguments().parse_args()
    notices = Console(stderr=True, soft_wrap=True)
    names = list(_present([each for each in contenders() if each.name in (options.only or [each.name])], notices))
    if not names:
        raise SystemExit("nothing to measure")
    faults = [each for each in FAULTS if any(part in each for part in options.faults or [each])]
    trials = [Trial(who, fault) for fault in faults for who in names for _ in range(options.trials)]
    order = {(trial.fault, trial.contender.name): number for number, trial in enumerate(trials)}
    found = run_all(trials, options.at_once, options.job_seconds, options.deadline, notices.print)
    results = sorted(found, key=lambda pair: order[pair[0].fault, pair[0].contender.name])
    if options.json:
        print(json.dumps(as_json(results), indent=1))
        return
    lines = rows(results, options.deadline)
    title = f"jobs of {options.job_seconds:g} s; lost: not executed within {options.deadline:g} s"
    Console(width=WIDTH).print(as_markdown(lines) if options.markdown else as_table(lines, title), markup=False)


def _present(wanted: Sequence[Contender], notices: Console) -> Sequence[Contender]:
    present = []
    for each in wanted:
        try:
            notices.print(f"{each.name}: {each.version()}")
            present.append(each)
        except Missing as missing:
            notices.print(f"left out {each.name}: {missing}", markup=False)
    return present


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print every trial as JSON instead of a table")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    parser.add_argument("--trials", type=int, default=3, help="trials of each fault with each system")
    parser.add_argument("--at-once", type=int, default=16, help="number of parallel trials")
    parser.add_argument("--job-seconds", type=float, default=1.0, help="how long a job sleeps")
    parser.add_argument("--deadline", type=float, default=120.0, help="seconds after the fault")
    parser.add_argument("--only", nargs="+", metavar="SYSTEM", help="only these systems, by their names in the table")
    parser.add_argument("--faults", nargs="+", metavar="PART", help="only faults whose name contains one of these")
    return parser


if __name__ == "__main__":
    main()
