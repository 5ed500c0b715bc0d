"""How a request with an idempotency key is carried out once."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from imagejobs.errors import DuplicateKey
from imagejobs.events.model import EventFields
from imagejobs.events.repository import EventRepository
from imagejobs.testing.event_repository.samples import FULL, MISSING_ID, MOMENT, OTHER_REQUEST, REQUEST, SAME_KEY


class KeyedRequests:
    """Part of EventRepositorySuite."""

    def test_the_event_that_a_request_created_is_found_by_it(self, repository: EventRepository) -> None:
        event = repository.new_event(repository.new_id(), FULL, REQUEST)
        repository.new_event(repository.new_id(), FULL)
        assert event.created_by == REQUEST
        assert repository.get(event.id) == repository.find_by_key(REQUEST.key) == event
        assert repository.repeated(REQUEST) == event
        assert repository.find_by_key("key") is None
        assert repository.repeated(OTHER_REQUEST) is None
        assert repository.repeated(SAME_KEY) is None

    def test_a_key_creates_one_event_until_that_is_gone(self, repository: EventRepository) -> None:
        event = repository.new_event(repository.new_id(), FULL, REQUEST)
        for request in (REQUEST, SAME_KEY):
            with pytest.raises(DuplicateKey):
                repository.new_event(repository.new_id(), FULL, request)
        assert list(repository.page(None, 9)) == [event]
        repository.remove(event.id)
        repository.new_event(repository.new_id(), FULL, REQUEST)

    def test_many_at_once_create_one_event(self, repository: EventRepository) -> None:
        def create(_: int) -> bool:
            try:
                repository.new_event(repository.new_id(), FULL, REQUEST)
            except DuplicateKey:
                return False
            return True

        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(create, range(12))) == 1
        assert len(repository.page(None, 99)) == 1

    def test_events_without_a_key_do_not_stand_in_each_others_way(self, repository: EventRepository) -> None:
        for _ in range(3):
            repository.new_event(repository.new_id(), FULL)
        assert len(repository.page(None, 9)) == 3

    def test_only_an_event_that_was_not_answered_again_is_taken_back(self, repository: EventRepository) -> None:
        event = repository.new_event(repository.new_id(), FULL, REQUEST)
        other = repository.new_event(repository.new_id(), FULL, OTHER_REQUEST)
        assert repository.repeated(SAME_KEY) is None
        assert repository.repeated(OTHER_REQUEST)
        assert repository.remove_unless_repeated(event.id)
        assert not repository.remove_unless_repeated(other.id)
        assert list(repository.page(None, 9)) == [other]
        assert repository.remove_unless_repeated(event.id), "again"
        assert repository.remove_unless_repeated(repository.new_event(repository.new_id(), FULL).id), "without a key"

    def test_a_change_is_carried_out_once(self, repository: EventRepository) -> None:
        event = repository.new_event(repository.new_id(), FULL)
        first = repository.change(event.id, EventFields(name="first"), REQUEST)
        assert first
        assert first.carried_out == {REQUEST.id: REQUEST.fingerprint}
        second = repository.change(event.id, EventFields(name="second", date=MOMENT), OTHER_REQUEST)
        assert second
        assert repository.change(event.id, EventFields(name="first"), REQUEST) == second
        assert repository.get(event.id) == second
        assert second.fields.name == "second"
        assert second.carried_out == {each.id: each.fingerprint for each in (REQUEST, OTHER_REQUEST)}
        assert repository.change(MISSING_ID, FULL, REQUEST) is None

    def test_that_a_request_was_carried_out_is_noted_without_a_change(self, repository: EventRepository) -> None:
        event = repository.new_event(repository.new_id(), FULL, REQUEST)
        for _ in range(2):
            repository.mark_carried_out(event.id, REQUEST)
        repository.mark_carried_out(MISSING_ID, REQUEST)
        noted = repository.get(event.id)
        assert noted
        assert noted.carried_out == {REQUEST.id: REQUEST.fingerprint}
        assert (noted.fields, noted.updated_at) == (event.fields, event.updated_at)
        assert repository.get(MISSING_ID) is None
