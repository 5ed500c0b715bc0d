"""`cd tests && python -m public_fixtures`: compare what Pillow, libvips and the service show of public images.

The exit status is 1 if both references read a file that the service refuses or shows differently, and known.py gives no
reason for it; if known.py explains a difference that does not exist; or if too few files were found.
"""

import argparse
import logging
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from imagejobs.conversion.sandbox.pool import Converter
from public_fixtures.collection import Fixture, collect, in_sample_order
from public_fixtures.confinement import References
from public_fixtures.fetching import Unavailable, fetch
from public_fixtures.sources import SOURCES
from public_fixtures.summary import Report, show
from public_fixtures.trial import Outcome, Verdict, judge
from rich.console import Console
from rich.progress import track

_WIDTH = 160
_SAMPLE = 500


def main() -> None:
    """Fetch, convert and compare the files, print the report, and exit with 1 if it has findings."""
    arguments = _arguments().parse_args()
    notices, report = Console(stderr=True), Report()
    fixtures = in_sample_order(_fetched(report, notices))
    with References() as references, Converter() as converter:
        for outcome in _outcomes(fixtures, arguments.files, references, converter, notices):
            report.outcomes.append(outcome)
            if arguments.keep and outcome.is_deviation:
                _keep(outcome, arguments.keep)
    show(report, Console(width=_WIDTH))
    missing = arguments.files is not None and len(report.read) < arguments.files
    if missing:
        Console(width=_WIDTH).print(f"only {len(report.read)} of {arguments.files} files were found")
    sys.exit(bool(missing or report.findings or report.needless))


def _fetched(report: Report, console: Console) -> Iterator[Fixture]:
    for source in track(SOURCES, "fetching", console=console, transient=True, disable=not console.is_terminal):
        try:
            yield from collect(source.project, fetch(source))
        except Unavailable as reason:
            report.unavailable.append(f"{source.title}: {reason}")


def _outcomes(
    fixtures: Iterable[Fixture], wanted: int | None, references: References, converter: Converter, console: Console
) -> Iterator[Outcome]:
    """Judge the fixtures in turn, until `wanted` of them were read by the references."""
    read = 0
    for each in track(fixtures, "converting", console=console, transient=True, disable=not console.is_terminal):
        outcome = judge(each, references, converter)
        yield outcome
        read += outcome.verdict is not Verdict.UNREAD
        if read == wanted:
            return


def _keep(outcome: Outcome, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    name = outcome.name.replace("/", "_")
    (folder / name).write_bytes(outcome.fixture.data)
    (folder / f"{name}.txt").write_text(f"{outcome.verdict}: {outcome.reason}\n")


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m public_fixtures", description=__doc__)
    size = parser.add_mutually_exclusive_group()
    size.add_argument(
        "--files", type=int, default=_SAMPLE, help="number of files that the references must read (default: 500)"
    )
    size.add_argument("--all", action="store_const", dest="files", const=None, help="try every file of every archive")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="write different and refused files to this folder")
    return parser


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    main()
