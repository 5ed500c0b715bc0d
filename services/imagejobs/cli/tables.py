"""Jobs as tables for people."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from imagejobs.conversion.isolated.result import Result

if TYPE_CHECKING:
    from imagejobs.jobs.audit import Damage
    from imagejobs.jobs.sweep import Kind, Swept

STYLES = {"COMPLETED": "green", "FAILED": "bold red", "PROCESSING": "cyan", "PENDING": "yellow"}

Job = Mapping[str, Any]


def results_table(jobs: Iterable[tuple[str, Job]]) -> Table:
    """What became of each file: size before and after, what was saved, pixels, time, and where to see it."""
    table = Table(title="Converted to WebP", title_justify="left")
    table.add_column("file")
    for name in ("before", "after", "saved", "size", "time"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("open", overflow="fold", min_width=20)
    for name, job in jobs:
        table.add_row(Text(name), *_result(job))
    return table


def jobs_table(jobs: Sequence[Job]) -> Table:
    """One line per job, newest first."""
    table = Table()
    for name in ("id", "status", "belongs to", "file", "created", "problem"):
        table.add_column(name, no_wrap=name == "id")
    for job in jobs:
        table.add_row(
            job["_id"],
            status_text(job),
            Text(f"{job['entityType']} {job['entityId']}"),
            Text(Path(job.get("originalFilename") or "").name),
            job["createdAt"],
            _problem(job),
        )
    return table


def receipt_table(files: Sequence[Path], result: Result) -> Table:
    """What a conversion made, and how it decided."""
    receipt, source = result.receipt, result.receipt["source"]
    table = _names_and_values()
    table.add_row("source", _file_facts(source["width"], source["height"], source["bytes"], source["mimetype"]))
    for file, picture in zip(files, result.pictures, strict=True):
        facts = _file_facts(picture.width, picture.height, len(picture.data), f"{file}")
        table.add_row("output", facts)
    for trial in receipt["tried"]:
        table.add_row("tried", Text(f"{trial['encoding']} {trial['quality']}: {decimal(trial['bytes'])}"))
    for name, text in _remarks(receipt, result):
        table.add_row(name, Text(text))
    return table


def _names_and_values() -> Table:
    table = Table(show_header=False, box=None)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    return table


def _file_facts(width: int, height: int, size: int, name: str) -> Text:
    return Text(f"{width}x{height} {decimal(size)} {name}")


def _remarks(receipt: Mapping[str, Any], result: Result) -> Iterable[tuple[str, str]]:
    yield "chosen", f"{receipt['encoding']}: {receipt['reason']}"
    if receipt["orientation"] > 1:
        yield "turned", f"EXIF orientation {receipt['orientation']}"
    if "profileConverted" in receipt:
        yield "colours", f"{receipt['profileConverted']} to sRGB"
    for note in receipt["notes"]:
        yield "note", note
    yield "placeholder", f"ThumbHash {result.thumb_hash}, {result.dominant_color}"
    yield "took", f"{receipt['durationMs']} ms, {receipt['encoder']}"


def job_table(job: Job) -> Table:
    """Every field of one job."""
    table = _names_and_values()
    for name, value in _flattened(job):
        table.add_row(name, status_text(job) if name == "status" else Text(str(value)))
    return table


def stats_table(stats: Mapping[str, Any]) -> Table:
    """The queue, the jobs by status and how long they took."""
    table = Table(show_header=False)
    table.add_row("messages on the queue", str(stats["queueLength"]))
    for status, count in stats["byStatus"].items():
        table.add_row(Text(status, STYLES.get(status, "")), str(count))
    for name in ("p50Ms", "p95Ms"):
        if name in stats["duration"]:
            table.add_row(f"upload to result, {name[:3]}", f"{stats['duration'][name]} ms")
    return table


def swept_table(found: "Mapping[Kind, Swept]") -> Table:
    """What a sweep found and deleted, by the kind of object."""
    table = Table()
    columns = ("objects", "of a job", "too young", "foreign", "orphans", "size", "deleted", "held back")
    table.add_column("")
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    for kind, swept in found.items():
        numbers = (swept.objects, swept.referenced, swept.young, swept.foreign, swept.orphans)
        table.add_row(kind, *map(str, numbers), decimal(swept.bytes), str(swept.deleted), str(swept.held_back))
    return table


def damages_table(damages: "Sequence[Damage]") -> Table:
    """What is wrong with COMPLETED jobs, a line for each object."""
    table = Table()
    table.add_column("id", no_wrap=True)
    table.add_column("problem", overflow="fold")
    for damage in damages:
        table.add_row(damage.job_id, Text(str(damage)))
    return table


def status_text(job: Job) -> Text:
    """The status in its colour."""
    return Text(job["status"], STYLES.get(job["status"], ""))


def console_for(*, stderr: bool = False) -> Console:
    """A console that does not cut tables when it writes to a file or a pipe."""
    console = Console(stderr=stderr)
    return console if console.is_terminal else Console(stderr=stderr, width=200)


def _result(job: Job) -> tuple[str | Text, ...]:
    receipt = job.get("receipt")
    if job["status"] != "COMPLETED" or not receipt:
        before = decimal(job["fileSize"]) if "fileSize" in job else ""
        return before, status_text(job), "", "", "", _problem(job)
    source, output = receipt["source"], receipt["output"]
    saved = 100 * (1 - output["bytes"] / source["bytes"])
    frames = f" x {output['frames']}" if output["frames"] > 1 else ""
    return (
        decimal(source["bytes"]),
        decimal(output["bytes"]),
        Text(f"{saved:.0f} %", "green" if saved > 0 else "yellow"),
        f"{output['width']}x{output['height']}{frames}",
        f"{_seconds(job):.1f} s",
        Text(job["outputImageURL"], f"link {job['outputImageURL']}"),
    )


def _seconds(job: Job) -> float:
    return (datetime.fromisoformat(job["processedAt"]) - datetime.fromisoformat(job["createdAt"])).total_seconds()


def _problem(job: Job) -> Text:
    """Not a string: in a table's strings rich reads `[corrupt]` as markup, and others wrote these."""
    code = job.get("errorCode")
    return Text(f"{job['errorMsg']} [{code}]" if code else str(job["errorMsg"]))


def _flattened(values: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flattened(value, f"{prefix}{name}.")
        elif value != "":
            yield f"{prefix}{name}", value
