"""The published figures of the trials. `python -m faults.figures FILE` prints the table of a FAULTS_REPORT file."""

import json
import math
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from faults.checker import Finished, lost_uploads, unfinished_jobs
from faults.history import Fault, Kind, of_kind

VARIABLE = "FAULTS_REPORT"
HEAD = (
    "| Fault | Trials | Jobs | Lost | Wrong | Recovery p50, p99 | Deliveries twice | Conversions twice |\n"
    "|---|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True)
class Figures:
    """The figures of one trial, or the sum over all trials of one fault.

    `recovery`: for each job that was under way, the seconds from the fault until it was COMPLETED.
    """

    fault: str
    trials: int
    jobs: int
    lost: int
    wrong: int
    recovery: tuple[float, ...]
    duplicate_deliveries: int
    conversions: int
    duplicate_conversions: int

    def __add__(self, other: "Figures") -> "Figures":
        """Add the counts and join the recovery times."""
        sums = {name: value + asdict(other)[name] for name, value in asdict(self).items() if name != "fault"}
        return replace(self, **sums)

    def row(self) -> str:
        """The figures as a row of the Markdown table."""
        times = f"{percentile(self.recovery, 50):.1f} s, {percentile(self.recovery, 99):.1f} s" if self.recovery else ""
        counts = (self.duplicate_deliveries, self.duplicate_conversions)
        cells = (self.fault, self.trials, self.jobs, self.lost, self.wrong, times, *counts)
        return f"| {' | '.join(map(str, cells))} |"


def of_trial(name: str, faults: Sequence[Fault], finished: Finished, violations: Sequence[str]) -> Figures:
    """The figures of a finished trial."""
    sources = finished.pictures()
    jobs = [each for each in of_kind(finished.requests, Kind.UPLOAD) if each.was_accepted]
    conversions = [count for source, count in finished.sightings.conversions.items() if source in sources]
    deliveries = [count for job_id, count in finished.sightings.deliveries.items() if job_id in finished.states]
    return Figures(
        fault=name,
        trials=1,
        jobs=len(jobs),
        lost=len([*lost_uploads(finished), *unfinished_jobs(finished)]),
        wrong=len(violations),
        recovery=tuple(round(each, 3) for each in _recovery(faults, finished)),
        duplicate_deliveries=sum(count - 1 for count in deliveries),
        conversions=sum(conversions),
        duplicate_conversions=sum(count - 1 for count in conversions),
    )


def report(figures: Figures) -> None:
    """Append the figures to the file that FAULTS_REPORT names, if it is set."""
    if name := os.environ.get(VARIABLE):
        with Path(name).open("a") as file:
            file.write(json.dumps(asdict(figures)) + "\n")


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share / 100) - 1)]


def table(figures: Iterable[Figures]) -> str:
    """One row a fault, in the order of each fault's first trial."""
    sums: dict[str, Figures] = {}
    for each in figures:
        sums[each.fault] = sums[each.fault] + each if each.fault in sums else each
    return "\n".join([HEAD, *(each.row() for each in sums.values())])


def read(path: Path) -> list[Figures]:
    """Read the figures that `report` appended to a file."""
    lines: list[Mapping[str, object]] = [json.loads(line) for line in path.read_text().splitlines()]
    return [Figures(**{**line, "recovery": tuple(line["recovery"])}) for line in lines]  # type: ignore[arg-type]


def _recovery(faults: Sequence[Fault], finished: Finished) -> Iterator[float]:
    """Yield the seconds from the first fault that hit each job until the job was COMPLETED."""
    pictures = {each.picture.sha256: each for each in of_kind(finished.requests, Kind.UPLOAD) if each.picture}
    for states in finished.states.values():
        upload = pictures.get(states[0].source_sha256 or "")
        completed = next((state.ended_at for state in states if state.status == "COMPLETED"), None)
        if upload is None or completed is None:
            continue
        hit = next((fault.at for fault in faults if upload.invoked_at <= fault.at <= completed), None)
        if hit is not None:
            yield completed - hit


if __name__ == "__main__":
    sys.stdout.write(table(read(Path(sys.argv[1]))) + "\n")
