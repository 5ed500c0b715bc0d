"""The report, as tables and as JSON."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.conversion.contenders import CHILD, CONTENDERS, ENGINE, FLOOR, SHARP, WAND
from benchmarks.conversion.figures import Comparison, Measured, compare, same_quality

_MEGABYTE = 1e6
_OPPONENTS = (SHARP, FLOOR, WAND)


def comparisons(measured: Sequence[Measured]) -> list[Comparison]:
    """Every contender compared with sharp, the floor and plain Wand."""
    names = [entry.name for entry in CONTENDERS]
    pairs = [(name, opponent) for opponent in _OPPONENTS for name in names if name != opponent]
    return [found for name, opponent in pairs if (found := compare(measured, name, opponent))]


def as_json(measured: Sequence[Measured]) -> dict[str, Any]:
    """All measurements and comparisons."""
    return {
        "measured": [asdict(one) for one in measured],
        "comparisons": [asdict(one) for one in comparisons(measured)],
    }


def show(measured: Sequence[Measured], console: Console) -> None:
    """Print a table of files and contenders, and a table of the geometric means."""
    console.print(_files_table(measured), _comparisons_table(comparisons(measured)))
    for entry in CONTENDERS:
        console.print(f"{entry.name}: {entry.title}", style="dim")
    console.print(
        "bytes, SSIM: the second column is the ratio to sharp, or the difference from it; = means that both are equal "
        "(SSIM within 0.001, bytes within 3 %) or better. SSIM of stored luma, against Lanczos in floating point.",
        style="dim",
    )


def _files_table(measured: Sequence[Measured]) -> Table:
    table = Table("file", "contender", title="Milliseconds of wall time, one thread each")
    for heading in ("median", "least", "CPU", "kB", "", "SSIM", "", "", "peak MB"):
        table.add_column(heading, justify="right")
    for file in dict.fromkeys(one.file for one in measured):
        of_file = [one for one in measured if one.file == file]
        sharp = next((one for one in of_file if one.contender == SHARP and not one.error), None)
        for number, one in enumerate(of_file):
            table.add_row("" if number else file, one.contender, *_cells(one, sharp))
        table.add_section()
    return table


def _cells(one: Measured, sharp: Measured | None) -> Iterable[str]:
    if one.error:
        return [one.error[:60]]
    against = ("", "", "")
    if sharp:
        against = (
            f"{one.bytes / sharp.bytes:.3f}",
            f"{one.ssim - sharp.ssim:+.4f}",
            "=" if same_quality(one, sharp) else "",
        )
    return [
        f"{one.median_ms:.1f}",
        f"{one.least_ms:.1f}",
        f"{one.least_cpu_ms:.1f}",
        f"{one.bytes / 1000:.1f}",
        against[0],
        f"{one.ssim:.4f}",
        against[1],
        against[2],
        f"{one.peak_memory / _MEGABYTE:.0f}",
    ]


def _comparisons_table(found: Sequence[Comparison]) -> Table:
    table = Table("contender", "against", title="Photographs: geometric means of the ratios (below 1: faster, smaller)")
    for heading in ("median", "least", "CPU", "bytes", "SSIM", "equal or better", "peak memory"):
        table.add_column(heading, justify="right")
    for one in found:
        style = "bold" if one.contender in {ENGINE, CHILD} else ""
        equal = f"{one.same_quality_files} of {one.files}"
        table.add_row(
            one.contender, one.against, f"{one.median:.3f}", f"{one.least:.3f}", f"{one.cpu:.3f}", f"{one.bytes:.3f}",
            f"{one.ssim_difference:+.4f}", equal, f"{one.memory:.2f}", style=style,
        )  # fmt: skip
    return table
