"""How events are recorded, changed, removed and listed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from bson import ObjectId

from imagejobs.events.model import EventFields
from imagejobs.events.repository import EventRepository
from imagejobs.testing.event_repository.samples import FULL, MISSING_ID, MOMENT


class Records:
    """Part of EventRepositorySuite."""

    @pytest.mark.parametrize(
        "fields",
        [FULL, EventFields(name="A"), EventFields(name="A", tutor_name="B"), EventFields(name="A", tutor_type="B")],
    )
    def test_an_event_comes_back_as_it_was(self, repository: EventRepository, fields: EventFields) -> None:
        event = repository.new_event(repository.new_id(), fields)
        assert event.fields == fields
        assert repository.get(event.id) == event

    def test_a_new_event_has_an_id_and_the_present_time(self, repository: EventRepository) -> None:
        event = repository.new_event(repository.new_id(), FULL)
        assert ObjectId.is_valid(event.id)
        assert event.created_at == event.updated_at
        assert event.created_at.utcoffset() == timedelta(0)
        assert event.created_at.microsecond % 1000 == 0
        assert abs(datetime.now(UTC) - event.created_at) < timedelta(seconds=2)

    def test_a_missing_event_is_none(self, repository: EventRepository) -> None:
        assert repository.get(MISSING_ID) is None
        assert repository.change(MISSING_ID, FULL) is None
        assert repository.get(MISSING_ID) is None
        repository.remove(MISSING_ID)

    def test_a_change_replaces_what_is_said_and_leaves_the_rest(self, repository: EventRepository) -> None:
        event = repository.new_event(repository.new_id(), FULL)
        changed = repository.change(event.id, EventFields(community="new", tutor_name="Jane"))
        assert changed
        assert changed == repository.get(event.id)
        assert changed.fields == EventFields(
            name="Test Event", community="new", date=MOMENT, tutor_type="Internal", tutor_name="Jane"
        )
        assert changed.created_at == event.created_at
        assert changed.updated_at >= event.updated_at

    def test_a_change_may_name_the_first_tutor_and_the_date(self, repository: EventRepository) -> None:
        event = repository.new_event(repository.new_id(), EventFields(name="A"))
        changed = repository.change(event.id, EventFields(tutor_type="Internal", date=MOMENT))
        assert changed
        assert changed == repository.get(event.id)
        assert changed.fields == EventFields(name="A", tutor_type="Internal", date=MOMENT)

    def test_saying_nothing_changes_nothing_but_the_time(self, repository: EventRepository) -> None:
        event = repository.new_event(repository.new_id(), FULL)
        changed = repository.change(event.id, EventFields())
        assert changed
        assert changed.fields == FULL

    def test_a_removed_event_is_gone(self, repository: EventRepository) -> None:
        event, other = (repository.new_event(repository.new_id(), FULL) for _ in range(2))
        repository.remove(event.id)
        assert repository.get(event.id) is None
        assert repository.get(other.id) == other

    def test_changes_of_different_fields_at_once_lose_nothing(self, repository: EventRepository) -> None:
        event = repository.new_event(repository.new_id(), EventFields(name="A"))
        changes = [EventFields(community="c"), EventFields(date=MOMENT), EventFields(tutor_type="t")] * 10
        changes.append(EventFields(tutor_name="n"))
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda fields: repository.change(event.id, fields), changes))
        found = repository.get(event.id)
        assert found
        assert found.fields == EventFields(name="A", community="c", date=MOMENT, tutor_type="t", tutor_name="n")

    def test_pages_are_newest_first_and_go_on_after_the_cursor(self, repository: EventRepository) -> None:
        made = [repository.new_event(repository.new_id(), EventFields(name=str(n))) for n in range(5)]
        first = list(repository.page(None, 2))
        second = list(repository.page(first[-1].id, 2))
        third = list(repository.page(second[-1].id, 2))
        assert first + second + third == made[::-1]
        assert list(repository.page(made[0].id, 2)) == []
