"""Tests the figures themselves: from a finished history to a row of the published table."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from faults.checker import violations
from faults.figures import VARIABLE, Figures, of_trial, percentile, read, report, table
from faults.history import BOOTED_AT, Fault
from faults.test_checker import COMPLETED, GOOD, PENDING, PICTURE, through
from faults.witness import Sightings

TWICE = replace(
    GOOD, sightings=Sightings(frozenset(), {"a": 3, "another trial's": 9}, {PICTURE.sha256: 2}, {}, {"a": [1]})
)


def test_a_trial_counts_repetitions_and_the_recovery_of_jobs() -> None:
    figures = of_trial("kill", [Fault("kill", 2.0), Fault("kill", 2.5)], TWICE, violations(TWICE))

    assert figures == Figures("kill", 1, 1, 0, 0, (1.1,), 2, 2, 1)


def test_recovery_ends_when_the_job_ended_not_when_it_was_observed() -> None:
    ended = replace(COMPLETED, processed_at=datetime.fromtimestamp(BOOTED_AT + 2.5, UTC), seen_at=1_000.0)
    (took,) = of_trial("kill", [Fault("kill", 2.0)], through(PENDING, ended), []).recovery
    assert took == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("at", [-1.0, 4.0])
def test_a_job_that_was_not_under_way_did_not_recover(at: float) -> None:
    assert of_trial("kill", [Fault("kill", at)], GOOD, []).recovery == ()


def test_lost_jobs_are_counted() -> None:
    gone = replace(GOOD, records={})
    unfinished = through(PENDING, sightings=Sightings())

    assert [of_trial("kill", [], each, violations(each)).lost for each in (gone, unfinished)] == [1, 1]


def test_the_table_has_one_row_for_each_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "report"
    monkeypatch.setenv(VARIABLE, str(file))
    for name, recovery in (("kill", (1.0, 3.0)), ("flush", ()), ("kill", (2.0,))):
        report(Figures(name, 1, 2, 0, 0, recovery, 1, 4, 1))

    assert table(read(file)).splitlines()[2:] == [
        "| kill | 2 | 4 | 0 | 0 | 2.0 s, 3.0 s | 2 | 2 |",
        "| flush | 1 | 2 | 0 | 0 |  | 1 | 1 |",
    ]


def test_a_percentile_is_one_of_the_values() -> None:
    assert [percentile([5, 1, 4, 2, 3], share) for share in (0, 50, 99)] == [1, 3, 5]


def test_a_completed_job_is_under_way_until_it_is_seen_to_be() -> None:
    assert of_trial("kill", [Fault("kill", COMPLETED.seen_at)], GOOD, []).recovery == (0.0,)
