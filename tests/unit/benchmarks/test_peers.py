import math
import re
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks.peers.lossy_proxy import Choice, Loss, recorded
from benchmarks.peers.outcome import Execution, Outcome, judge, percentile, together
from benchmarks.peers.report import COLUMNS, as_json, as_markdown, rows, seconds


def executions(*lines: str) -> list[Execution]:
    """Executions in the form in which the workers record them."""
    return [Execution.read(line.encode()) for line in lines]


def outcome(**more: Any) -> Outcome:
    """The outcome of a trial of four jobs without a failure, with these changes."""
    values: dict[str, Any] = {"accepted": 4, "lost": 0, "kept": 0, "twice": 0, "refused": 0, "recoveries": ()}
    return Outcome(**values | more)


def trial(fault: str, name: str) -> Any:
    """A trial with the names of its fault and contender, which are all that the report reads."""
    return SimpleNamespace(fault=fault, contender=SimpleNamespace(name=name))


class TestJudge:
    def test_a_job_that_only_began_is_lost_and_its_recovery_has_no_end(self) -> None:
        found = judge(["a"], executions("began a 10"), {"a": 11.0}, refused=0, kept=0)
        assert (found.lost, found.recoveries) == (1, (math.inf,))

    def test_a_job_that_begins_again_is_not_executed_twice(self) -> None:
        found = judge(["a"], executions("began a 10", "began a 40", "ended a 41"), {"a": 10.5}, refused=0, kept=0)
        assert (found.lost, found.twice, found.recoveries) == (0, 0, (30.5,))

    def test_of_two_ends_the_last_one_is_the_recovery_whatever_their_order(self) -> None:
        found = judge(["a"], executions("ended a 50", "ended a 12"), {"a": 10}, refused=0, kept=0)
        assert (found.twice, found.recoveries) == (1, (40,))

    def test_three_ends_are_one_job_executed_twice(self) -> None:
        assert judge(["a"], executions(*["ended a 1"] * 3), {}, refused=0, kept=0).twice == 1

    def test_jobs_that_nobody_accepted_count_nowhere(self) -> None:
        found = judge(["a"], executions("ended a 2", "ended b 3", "ended b 4"), {"b": 1.0}, refused=2, kept=0)
        assert found == outcome(accepted=1, refused=2)

    def test_a_job_accepted_twice_is_one_job(self) -> None:
        assert judge(["a", "a"], executions("ended a 2"), {}, refused=0, kept=0).accepted == 1

    @pytest.mark.parametrize(("in_redis", "kept"), [(0, 0), (1, 1), (9, 2)])
    def test_no_more_is_kept_than_lost(self, in_redis: int, kept: int) -> None:
        assert judge(["a", "b"], [], {}, refused=0, kept=in_redis).kept == kept


def test_trials_are_added_up() -> None:
    one = outcome(lost=1, kept=1, twice=2, refused=3, recoveries=(1.0,))
    assert together([one, outcome(recoveries=(2.0, math.inf)), one]) == Outcome(
        accepted=12, lost=2, kept=2, twice=4, refused=6, recoveries=(1.0, 2.0, math.inf, 1.0)
    )


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([3.0, 1.0, 2.0], 0.5, 2.0),
        ([4.0, 1.0, 2.0, 3.0], 0.5, 2.0),
        (range(1, 101), 0.99, 99),
        (range(1, 102), 0.99, 100),
        ([1.0, math.inf], 0.99, math.inf),
        ([1.0, math.inf], 0.5, 1.0),
        ([7.0], 0.5, 7.0),
        ([], 0.5, None),
    ],
)
def test_a_percentile_is_a_value_that_was_measured(values: Any, share: float, expected: float | None) -> None:
    assert percentile(values, share) == expected


class TestChoice:
    @pytest.fixture
    def choice(self) -> Choice:
        return Choice(re.compile(rb"(job-\d+)"))

    def chosen(self, choice: Choice, *requests: str) -> list[set[str]]:
        return [set(choice.among("enqueue", request.encode())) for request in requests]

    def test_nothing_is_lost_before_it_is_asked_for(self, choice: Choice) -> None:
        assert self.chosen(choice, "job-1", "job-2", "job-3") == [set()] * 3

    def test_every_third_job_is_lost(self, choice: Choice) -> None:
        choice.lose("enqueue", 3)
        found = self.chosen(choice, "job-1", "PING", "job-2", "job-3", "job-4", "job-5", "job-6")
        assert found == [set(), set(), set(), {"job-3"}, set(), set(), {"job-6"}]

    def test_a_repeated_job_is_not_lost_again(self, choice: Choice) -> None:
        choice.lose("enqueue", 1)
        assert self.chosen(choice, "job-1", "job-1") == [{"job-1"}, set()]

    def test_a_batch_with_a_third_job_is_lost_as_a_whole(self, choice: Choice) -> None:
        choice.lose("enqueue", 3)
        assert self.chosen(choice, "job-1 job-2 job-3 job-4") == [{"job-1", "job-2", "job-3", "job-4"}]

    def test_the_other_direction_is_left_alone(self, choice: Choice) -> None:
        choice.lose("fetch", 1)
        assert self.chosen(choice, "job-1") == [set()]
        assert choice.among("fetch", b"job-1") == {"job-1"}


def test_a_job_is_hit_when_its_reply_is_first_lost() -> None:
    losses = [Loss(1.0, frozenset({"a"})), Loss(2.0, frozenset({"a", "b"}))]
    assert recorded(losses) == {"a": 1.0, "b": 2.0}


class TestReport:
    def test_there_is_one_row_for_a_fault_and_a_system(self) -> None:
        found = rows(
            [
                (trial("kill", "x"), outcome(lost=1, kept=1, recoveries=(2.0, math.inf))),
                (trial("kill", "y"), outcome(twice=1, refused=3)),
                (trial("kill", "x"), outcome(recoveries=(1.0, 3.0))),
            ],
            120.0,
        )
        assert found == [
            ("kill", "x", "2", "8", "4", "1", "1", "0", "0", "2.0 s", "> 120 s"),
            ("kill", "y", "1", "4", "0", "0", "0", "1", "3", "none hit", "none hit"),
        ]
        assert {len(row) for row in found} == {len(COLUMNS)}

    def test_markdown_has_a_head_and_as_many_cells_in_each_line(self) -> None:
        lines = as_markdown(rows([(trial("kill", "x"), outcome())], 120.0)).splitlines()
        assert {line.count("|") for line in lines} == {len(COLUMNS) + 1}
        assert lines[0].startswith("| fault | system |")

    def test_json_has_null_for_what_never_ended(self) -> None:
        (found,) = as_json([(trial("kill", "x"), outcome(recoveries=(1.23456, math.inf)))])
        assert found["recoveries"] == [1.235, None]

    def test_seconds_beyond_the_deadline_are_not_claimed_to_be_known(self) -> None:
        assert [seconds(each, 60.0) for each in (1.26, math.inf, None)] == ["1.3 s", "> 60 s", "none hit"]
