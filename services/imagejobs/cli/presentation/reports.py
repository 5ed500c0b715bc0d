"""Shows figures and findings to people."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from imagejobs.cli.presentation.jobs import STYLES
from imagejobs.cli.presentation.lines import whole_line

if TYPE_CHECKING:
    from imagejobs.jobs.upkeep.audit import Damage
    from imagejobs.jobs.upkeep.sweep import Kind, Swept


def stats_view(stats: Mapping[str, Any]) -> RenderableType:
    """The length of the queue, the jobs by status, and how long they took."""
    table = Table(show_header=False)
    table.add_row("messages on the queue", str(stats["queueLength"]))
    for status, count in stats["byStatus"].items():
        table.add_row(Text(status, STYLES.get(status, "")), str(count))
    for name in ("p50Ms", "p95Ms"):
        if name in stats["duration"]:
            table.add_row(f"upload to result, {name[:3]}", f"{stats['duration'][name]} ms")
    return table


def swept_view(found: "Mapping[Kind, Swept]") -> RenderableType:
    """What a sweep found and deleted, one column per kind of object."""
    table = Table("", *(str(kind) for kind in found))
    for column in table.columns[1:]:
        column.justify = "right"
    swept = list(found.values())
    table.add_row("objects", *(str(each.objects) for each in swept))
    table.add_row("of a job", *(str(each.referenced) for each in swept))
    table.add_row("too young", *(str(each.young) for each in swept))
    table.add_row("foreign", *(str(each.foreign) for each in swept))
    table.add_row("orphans", *(str(each.orphans) for each in swept))
    table.add_row("size of the orphans", *(decimal(each.bytes) for each in swept))
    table.add_row("deleted", *(str(each.deleted) for each in swept))
    table.add_row("held back", *(str(each.held_back) for each in swept))
    return table


def damages_view(damages: "Sequence[Damage]") -> RenderableType:
    """The damages of COMPLETED jobs, one line per object."""
    return Group(*(whole_line(damage.job_id, "  ", str(damage)) for damage in damages))


MARKS = {"ok": "green", "warn": "yellow", "FAIL": "bold red"}


def findings_view(findings: Sequence[tuple[str, str, str]]) -> RenderableType:
    """The mark (`ok`, `warn` or `FAIL`), the name and the text of each finding."""
    return Group(*(whole_line(Text(f"{mark:4}", MARKS[mark]), f" {name:10} ", text) for mark, name, text in findings))
