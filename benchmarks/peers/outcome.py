"""The outcome of one trial, and the sum of several."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Execution:
    """An entry of the tally: a job "began" or "ended" at this time."""

    what: str
    job_id: str
    at: float

    @classmethod
    def read(cls, line: bytes) -> "Execution":
        """Parse an entry that a worker wrote."""
        what, job_id, at = line.decode().split()
        return cls(what, job_id, float(at))


@dataclass(frozen=True, slots=True)
class Outcome:
    """The counts of one trial. `kept`: lost jobs that are still in Redis, and may run after a longer timeout.

    `recoveries`: for each job that the fault hit, the seconds from the fault to the job's last end, or infinity if it
    never ended. `refused`: the errors that the producer saw; it retried after each.
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
    """Judge a trial. `hit` has the time at which the fault hit each job; only accepted jobs count."""
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
    """The sum of several trials."""
    return Outcome(
        accepted=sum(each.accepted for each in outcomes),
        lost=sum(each.lost for each in outcomes),
        kept=sum(each.kept for each in outcomes),
        twice=sum(each.twice for each in outcomes),
        refused=sum(each.refused for each in outcomes),
        recoveries=tuple(seconds for each in outcomes for seconds in each.recoveries),
    )


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that at least `share` percent of the values do not exceed; None if there are no values."""
    if not values:
        return None
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
