"""`python -m benchmarks.conversion`: this engine compared with others, file by file. `--help` lists the options."""

import argparse
import json
from pathlib import Path

from rich.console import Console

from benchmarks.conversion.contenders import CONTENDERS
from benchmarks.conversion.drawing import draw
from benchmarks.conversion.files import FILES
from benchmarks.conversion.report import as_json, show
from benchmarks.conversion.rounds import measure

WIDTH = 130
"""The table's width in characters. It has many columns, and the output may not be a terminal."""


def main() -> None:
    """Measure, print the tables, and draw the chart if asked to."""
    arguments = _arguments().parse_args()
    files = [file for file in FILES if any(file.name.startswith(start) for start in arguments.files or [""])]
    entries = [entry for entry in CONTENDERS if entry.name in (arguments.only or [entry.name])]
    if not files:
        raise SystemExit(f"no such file; choose from {', '.join(file.name for file in FILES)}")
    notices = Console(stderr=True)
    measured = list(measure(files, entries, arguments.rounds, notices.print))
    if arguments.json:
        print(json.dumps(as_json(measured), indent=1))
    else:
        show(measured, Console(width=WIDTH))
    if arguments.picture:
        draw(measured, arguments.picture)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.conversion")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--rounds", type=int, default=9, help="how often each contender converts each file")
    parser.add_argument(
        "--files", nargs="+", metavar="START", help="only files whose names start with one of these, for example 24MP"
    )
    parser.add_argument("--only", nargs="+", choices=[entry.name for entry in CONTENDERS], help="only these contenders")
    parser.add_argument("--picture", type=Path, metavar="PATH", help="draw the figures to this SVG file")
    return parser


if __name__ == "__main__":
    main()
