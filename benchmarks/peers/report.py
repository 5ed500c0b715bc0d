"""The outcomes as a table, as Markdown and as JSON."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from rich.table import Table

from benchmarks.peers.outcome import Outcome, percentile, together
from benchmarks.peers.trials import Trial

COLUMNS = (
    "fault",
    "system",
    "trials",
    "jobs",
    "hit",
    "lost",
    "lost, still in Redis",
    "done twice",
    "errors reported",
    "p50",
    "p99",
)


def rows(results: Iterable[tuple[Trial, Outcome]], deadline: float) -> list[tuple[str, ...]]:
    """One row for each fault and contender, in the order of their definition."""
    found: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
    for trial, outcome in results:
        found[trial.fault, trial.contender.name].append(outcome)
    return [_row(fault, name, outcomes, deadline) for (fault, name), outcomes in found.items()]


def as_table(lines: Sequence[tuple[str, ...]], title: str) -> Table:
    """A table for a terminal."""
    table = Table(*COLUMNS, title=title)
    for line in lines:
        table.add_row(*line)
    return table


def as_markdown(lines: Sequence[tuple[str, ...]]) -> str:
    """A Markdown table for docs/measurements/peers.md."""
    head = [COLUMNS, ("---",) * len(COLUMNS)]
    return "\n".join(f"| {' | '.join(line)} |" for line in (*head, *lines))


def as_json(results: Iterable[tuple[Trial, Outcome]]) -> list[dict[str, Any]]:
    """One object for each trial. A job that never ended has null seconds."""
    return [
        {
            "fault": trial.fault,
            "system": trial.contender.name,
            "accepted": outcome.accepted,
            "lost": outcome.lost,
            "kept": outcome.kept,
            "twice": outcome.twice,
            "refused": outcome.refused,
            "recoveries": [None if math.isinf(each) else round(each, 3) for each in outcome.recoveries],
        }
        for trial, outcome in results
    ]


def seconds(value: float | None, deadline: float) -> str:
    """A percentile in seconds as text; a value above the deadline counts as infinite."""
    if value is None:
        return "none hit"
    return f"> {deadline:g} s" if math.isinf(value) else f"{value:.1f} s"


def _row(fault: str, name: str, outcomes: Sequence[Outcome], deadline: float) -> tuple[str, ...]:
    sums = together(outcomes)
    numbers = (len(outcomes), sums.accepted, len(sums.recoveries), sums.lost, sums.kept, sums.twice, sums.refused)
    shares = (seconds(percentile(sums.recoveries, share), deadline) for share in (0.5, 0.99))
    return (fault, name, *map(str, numbers), *shares)
