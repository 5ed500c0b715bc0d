"""The report of a run, as a table and as JSON."""

from typing import Any

from fuzz.campaign import Report
from fuzz.trial import CONVERTED
from imagejobs.conversion.errors import ErrorCode
from rich.console import Console
from rich.table import Table


def show(report: Report, console: Console) -> None:
    """Print a row for each format, a column for each outcome, and the failures."""
    codes = [code for code in (CONVERTED, *ErrorCode) if report.of(code)]
    table = Table("format", "files", *codes, title=f"Damaged files, seed {report.seed}")
    for image_format in sorted({each for each, _ in report.outcomes}):
        numbers = [report.outcomes[image_format, code] for code in codes]
        total = sum(number for (each, _), number in report.outcomes.items() if each == image_format)
        table.add_row(image_format, *map(str, (total, *numbers)))
    table.add_row("all", *map(str, (report.files, *map(report.of, codes))))
    console.print(table)
    console.print(
        f"{report.encoder}: {report.files} files in {report.seconds:.0f} s, {_rate(report):.0f} a second, "
        f"{report.accepted} of them in a child; crashes of the child: {report.of(ErrorCode.CONVERSION_CRASH)}, "
        f"children replaced: {report.replaced}, their peak: {report.peak_bytes // 1_000_000} MB, "
        f"failures of the parent: {len(report.failures)}"
    )
    for failure in report.failures:
        console.print(failure, markup=False)


def as_json(report: Report) -> dict[str, Any]:
    """The same report as a JSON object."""
    outcomes: dict[str, dict[str, int]] = {}
    for (image_format, code), number in sorted(report.outcomes.items()):
        outcomes.setdefault(image_format, {})[code] = number
    return {
        "seed": report.seed,
        "encoder": report.encoder,
        "seconds": round(report.seconds, 1),
        "files": report.files,
        "files_per_second": round(_rate(report), 1),
        "in_a_child": report.accepted,
        "outcomes": outcomes,
        "crashes": report.of(ErrorCode.CONVERSION_CRASH),
        "children_replaced": report.replaced,
        "peak_bytes": report.peak_bytes,
        "failures": report.failures,
    }


def _rate(report: Report) -> float:
    return report.files / report.seconds if report.seconds else 0.0
