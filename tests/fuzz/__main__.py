"""`cd tests && python -m fuzz`: convert damaged files. The exit status is 1 if one of them harms the parent process."""

import argparse
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fuzz.campaign import LIMITS, Plan, Report, run
from fuzz.keeping import Keeper
from fuzz.reducing import reduced
from fuzz.summary import as_json, show
from fuzz.trial import Outcome
from imagejobs.conversion.errors import ConversionError, ErrorCode
from imagejobs.conversion.sandbox.pool import Converter
from rich.console import Console
from rich.logging import RichHandler
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

_WIDTH = 160
_LINE_SECONDS = 60.0
"""Seconds between two lines of progress, where there is no terminal to show a bar in."""
_REDUCED, _REDUCING_SECONDS = 5, 20.0
"""How many crashing files are reduced, and the seconds that each may take."""


def main() -> None:
    """Run the fuzzer, print its report, and exit with 1 if the parent process failed."""
    arguments = _arguments().parse_args()
    os.nice(arguments.nice)
    notices = Console(stderr=True, width=None if sys.stderr.isatty() else _WIDTH)
    logging.basicConfig(handlers=[RichHandler(console=notices, show_path=False)], format="%(message)s")
    first, last = (arguments.file, arguments.file) if arguments.file is not None else (0, None)
    plan = Plan(arguments.seed, arguments.seconds, arguments.children, first, last)
    keeper = Keeper(arguments.keep)
    with _progress(notices, plan) as progress:
        report = run(plan, keeper, progress)
    if arguments.json:
        print(json.dumps(as_json(report), indent=1))  # noqa: T201 - this is the program's output
    else:
        show(report, Console(width=_WIDTH))
    if arguments.keep:
        _reduce(keeper)
    sys.exit(bool(report.failures))


@contextmanager
def _progress(console: Console, plan: Plan) -> Iterator[Callable[[Report], None]]:
    """Show a progress bar on a terminal; elsewhere print a line every minute."""
    columns = (BarColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task, printed = bar.add_task("", total=plan.seconds), time.monotonic()

        def tell(report: Report) -> None:
            nonlocal printed
            crashes, failures = report.of(ErrorCode.CONVERSION_CRASH), len(report.failures)
            line = f"{report.files} files, {report.accepted} in a child, {crashes} crashes, {failures} failures"
            bar.update(task, completed=report.seconds, description=line)
            if not console.is_terminal and time.monotonic() - printed >= _LINE_SECONDS:
                printed = time.monotonic()
                console.print(f"{report.seconds:.0f} s: {line}")

        yield tell


def _reduce(keeper: Keeper) -> None:
    """Write a reduced file beside each of the first files that crashed a child."""
    crashes = [each for each in keeper.kept if each.code == ErrorCode.CONVERSION_CRASH]
    with Converter(LIMITS) as converter:
        for crash in crashes[:_REDUCED]:
            keeper.write(crash, reduced(crash.mutant.data, _same(converter, crash), _REDUCING_SECONDS), "-small")


def _same(converter: Converter, crash: Outcome) -> Callable[[bytes], bool]:
    """A function that says whether a file crashes its child in the same way as this one."""

    def crashes(data: bytes) -> bool:
        try:
            converter.convert(data, crash.mutant.options)
        except ConversionError as error:
            return (error.code, error.message) == (crash.code, crash.message)
        return False

    return crashes


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--children", type=int, choices=(1, 2), default=1, help="number of child processes")
    parser.add_argument("--file", type=int, metavar="NUMBER", help="try only this file of the seed")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="write each crash, failure and timeout to this folder")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--nice", type=int, default=10)
    return parser


if __name__ == "__main__":
    main()
