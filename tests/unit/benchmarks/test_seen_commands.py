from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId
from pymongo.monitoring import CommandFailedEvent, CommandStartedEvent, CommandSucceededEvent

from benchmarks.seen_commands import SeenCommands, shape

PENDING = {"status": "PENDING"}


class TestShape:
    @pytest.mark.parametrize(
        ("conditions", "expected"),
        [
            ({"_id": ObjectId(), "attempt": 3}, "_id, attempt"),
            ({"status": {"$in": ["PENDING", "pending"]}}, "status $in (PENDING)"),
            ({"$or": [{"leaseUntil": {"$lt": 1}}, {"leaseUntil": 2}]}, "$or (leaseUntil $lt | leaseUntil)"),
            ([{"$group": {"_id": "$status"}}], "($group _id $status)"),
            (None, ""),
        ],
    )
    def test_only_values_are_left_out(self, conditions: Any, expected: str) -> None:
        assert shape(conditions) == expected

    def test_another_status_is_another_kind(self) -> None:
        assert shape(PENDING) != shape({"status": "DELETING"})


class TestSeenCommands:
    def run(self, seen: SeenCommands, number: int, command: dict[str, Any], micros: int, fails: bool = False) -> None:
        name = next(iter(command))
        address = ("localhost", 1)
        seen.started(CommandStartedEvent(command, "db", number, address, number))
        ended: Any = CommandFailedEvent if fails else CommandSucceededEvent
        event = ended(timedelta(microseconds=micros), {}, name, number, address, number)
        (seen.failed if fails else seen.succeeded)(event)

    def test_commands_that_differ_in_values_only_are_one_kind(self) -> None:
        seen = SeenCommands()
        self.run(seen, 1, {"find": "image_jobs", "filter": {"attempt": 1}}, 1_000)
        self.run(seen, 2, {"count": "image_jobs", "query": PENDING}, 7_000)
        self.run(seen, 3, {"find": "image_jobs", "filter": {"attempt": 2}}, 3_000)
        self.run(seen, 4, {"find": "image_jobs", "filter": {"attempt": 3}}, 11_000)
        found = [(kind.name, kind.asked, kind.times, kind.median_ms, kind.longest_ms) for kind in seen.summary()]
        assert found == [("find", "attempt", 3, 3, 11), ("count", "status PENDING", 1, 7, 7)]

    def test_what_took_too_long_counts_with_its_timeout(self) -> None:
        seen = SeenCommands()
        self.run(seen, 1, {"find": "image_jobs", "filter": PENDING}, 10_000_000, fails=True)
        assert [(kind.times, kind.longest_ms) for kind in seen.summary()] == [(1, 10_000)]

    def test_a_cleared_record_has_no_summary(self) -> None:
        seen = SeenCommands()
        self.run(seen, 1, {"find": "image_jobs", "filter": PENDING}, 10)
        seen.clear()
        assert seen.summary() == []
