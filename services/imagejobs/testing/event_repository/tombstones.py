"""How tombstones of events are kept."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from imagejobs.events.model import Tombstone
from imagejobs.events.repository import EventRepository
from imagejobs.testing.event_repository.samples import MISSING_ID, MOMENT


class Tombstones:
    """Part of EventRepositorySuite."""

    def test_a_tombstone_comes_back_as_it_was_and_the_first_one_stays(self, repository: EventRepository) -> None:
        first = Tombstone(MISSING_ID, MOMENT, MOMENT + timedelta(seconds=30))
        assert repository.tombstone(MISSING_ID) is None
        repository.write_tombstone(first)
        repository.write_tombstone(Tombstone(MISSING_ID, MOMENT + timedelta(days=1), MOMENT + timedelta(days=1)))
        assert repository.tombstone(MISSING_ID) == first
        assert repository.get(MISSING_ID) is None

    def test_a_deletion_outweighs_the_undoing_of_a_creation(self, repository: EventRepository) -> None:
        condition = Tombstone(MISSING_ID, MOMENT, MOMENT, unless_repeated=True)
        repository.write_tombstone(condition)
        assert repository.tombstone(MISSING_ID) == condition
        repository.write_tombstone(replace(condition, unless_repeated=False))
        repository.write_tombstone(condition)
        assert repository.tombstone(MISSING_ID) == replace(condition, unless_repeated=False)
        repository.remove_tombstone(condition)
        assert repository.tombstone(MISSING_ID), "it is another one now"
        repository.remove_tombstone(replace(condition, unless_repeated=False))
        assert repository.tombstone(MISSING_ID) is None
        repository.remove_tombstone(condition)

    def test_those_that_are_due_come_the_longest_overdue_first(self, repository: EventRepository) -> None:
        ids = [repository.new_id() for _ in range(4)]
        for number, event_id in enumerate(ids):
            repository.write_tombstone(Tombstone(event_id, MOMENT, MOMENT - timedelta(seconds=number)))
        repository.postpone(ids[2], MOMENT + timedelta(milliseconds=1))
        repository.postpone(MISSING_ID, MOMENT)
        assert [each.event_id for each in repository.tombstones_due(MOMENT, 9)] == [ids[3], ids[1]]
        assert [each.event_id for each in repository.tombstones_due(MOMENT + timedelta(days=1), 3)] == [
            *(ids[3], ids[1], ids[0])
        ]
        postponed = repository.tombstone(ids[2])
        assert postponed == Tombstone(ids[2], MOMENT, MOMENT + timedelta(milliseconds=1))

    def test_the_clock_is_the_databases_in_milliseconds(self, repository: EventRepository) -> None:
        assert repository.now().microsecond % 1000 == 0
        assert abs(datetime.now(UTC) - repository.now()) < timedelta(seconds=2)
