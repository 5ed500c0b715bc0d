"""What one trial showed, and what several show together."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Execution:
    """A line of the tally: a job "began" or "ended", at this time."""

    what: str
    job_id: str
    at: float

    @classmethod
    def read(cls, line: bytes) -> "Execution":
        """As the workers write it."""
        what, job_id, at = line.decode().split()
        return cls(what, job_id, float(at))


@dataclass(frozen=True, slots=True)
class Outcome:
    """Jobs of one trial. `kept` of the lost ones are still in Redis, for a timeout that is longer.

    `recoveries` has the seconds from the fault to the last end of each job that it hit, endless for one that never
    ended; `refused` counts the errors that the producer saw, after each of which it tried again.
    """

    accepted: int
    lost: int
    kept: int
    twice: int
    refused: int
    recoveries: tuple[float, ...]


def judge(
    accepted: Sequence[str], executions: Iterable[Execution], hit: Mapping[str, float], refused: int, kept: int
) -> Outcome:
    """`hit` says when the fault hit which job; jobs that nobody accepted are not counted."""
    wanted = set(accepted)
    ends = [each for each in executions if each.what == "ended" and each.job_id in wanted]
    times = Counter(each.job_id for each in ends)
    lost = len(wanted - times.keys())
    last = {each.job_id: each.at for each in sorted(ends, key=lambda each: each.at)}
    return Outcome(
        accepted=len(wanted),
        lost=lost,
        kept=min(lost, kept),
        twice=sum(count > 1 for count in times.values()),
        refused=refused,
        recoveries=tuple(last.get(each, math.inf) - at for each, at in hit.items() if each in wanted),
    )


def together(outcomes: Sequence[Outcome]) -> Outcome:
    """The sums of several trials."""
    return Outcome(
        accepted=sum(each.accepted for each in outcomes),
        lost=sum(each.lost for each in outcomes),
        kept=sum(each.kept for each in outcomes),
        twice=sum(each.twice for each in outcomes),
        refused=sum(each.refused for each in outcomes),
        recoveries=tuple(seconds for each in outcomes for seconds in each.recoveries),
    )


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that at least this share of all does not exceed; None of nothing."""
    if not values:
        return None
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
