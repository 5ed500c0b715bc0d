"""Shows jobs to people."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.filesize import decimal
from rich.text import Text

from imagejobs.cli.presentation.lines import indented, names_and_values, plain, whole_line

STYLES = {"COMPLETED": "green", "FAILED": "bold red", "PROCESSING": "cyan", "PENDING": "yellow"}
STATUS_WIDTH = max(map(len, STYLES))
SECONDS_OF_A_TIME = len("2024-01-01T00:00:00")

Job = Mapping[str, Any]


def jobs_view(jobs: Sequence[Job], after: str = "") -> RenderableType:
    """Two lines per job, and a third if there is a problem. `after` is the last line."""
    lines = [line for job in jobs for line in _job_lines(job)]
    return Group(*lines or [Text("no jobs")], *([whole_line(after)] if after else []))


def _job_lines(job: Job) -> Iterable[RenderableType]:
    created = job["createdAt"][:SECONDS_OF_A_TIME].replace("T", " ")
    status = Text(f"{job['status']:{STATUS_WIDTH}}", STYLES.get(job["status"], ""))
    yield whole_line(job["_id"], "  ", status, "  ", created)
    names = (f"{job['entityType']} {job['entityId']}", Path(job.get("originalFilename") or "").name)
    yield indented(", ".join(filter(None, names)))
    if problem := problem_of(job):
        yield indented(problem)


def results_view(results: Iterable[tuple[str, Job]]) -> RenderableType:
    """The result of each file: size before and after, saving, pixels, time, and address."""
    return Group(*(line for name, job in results for line in result_lines(name, job)))


def result_lines(name: str, job: Job) -> Iterable[RenderableType]:
    """The job's id and file, its status and sizes, and its address or its problem."""
    yield whole_line(job["_id"], "  ", plain(name, "bold"))
    facts = ", ".join(_facts(job))
    yield whole_line("  ", status_text(job), f"  {facts}" if facts else "")
    if address := job.get("outputImageURL"):
        yield whole_line(plain(address, f"link {address}" if address.isprintable() else ""))
    if problem := problem_of(job):
        yield indented(problem)


def job_view(job: Job) -> RenderableType:
    """Every field of one job."""
    return names_and_values(
        (name, status_text(job) if name == "status" else str(value)) for name, value in _flattened(job)
    )


def status_text(job: Job) -> Text:
    """The status in its colour."""
    return Text(job["status"], STYLES.get(job["status"], ""))


def problem_of(job: Job) -> str:
    """Why the job failed, with the code; empty if it did not fail."""
    code, message = job.get("errorCode"), str(job.get("errorMsg") or "")
    return f"{message} [{code}]" if code else message


def _facts(job: Job) -> Iterable[str]:
    receipt = job.get("receipt")
    if job["status"] != "COMPLETED" or not receipt:
        return [decimal(job["fileSize"])] if "fileSize" in job else []
    source, output = receipt["source"], receipt["output"]
    saved = 100 * (1 - output["bytes"] / source["bytes"])
    frames = f" x {output['frames']}" if output["frames"] > 1 else ""
    return (
        f"{decimal(source['bytes'])} to {decimal(output['bytes'])}",
        f"{saved:.0f} % saved",
        f"{output['width']}x{output['height']}{frames}",
        f"{_seconds(job):.1f} s",
    )


def _seconds(job: Job) -> float:
    return (datetime.fromisoformat(job["processedAt"]) - datetime.fromisoformat(job["createdAt"])).total_seconds()


def _flattened(values: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flattened(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            yield from _flattened({str(number): each for number, each in enumerate(value, 1)}, f"{prefix}{name}.")
        elif value != "":
            yield f"{prefix}{name}", value
