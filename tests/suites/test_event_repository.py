"""The conformance suite of EventRepository: in memory and over MongoDB's wire protocol alike."""

import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId
from imagejobs.connections.mongodb import Database
from imagejobs.embedded.services.mongodb import mongodb_uri
from imagejobs.embedded.services.ports import free_port
from imagejobs.errors import DatabaseUnavailable, DuplicateKey
from imagejobs.events.keyed_request import KeyedRequest
from imagejobs.events.memory_repository import MemoryEventRepository
from imagejobs.events.model import EventFields, Tombstone
from imagejobs.events.mongo_document import create_event_indexes
from imagejobs.events.mongo_repository import MongoEventRepository
from imagejobs.events.repository import EventRepository
from pymongo.collection import Collection
from servers.fixtures import MONGODB

MISSING_ID = "655501d2f12a3d0f3c5a1002"
MOMENT = datetime(2024, 1, 1, 12, 30, 15, 123_000, tzinfo=UTC)
FULL = EventFields(
    name="Test Event", community="Komunitas é", date=MOMENT, tutor_type="Internal", tutor_name="John Doe"
)


@contextmanager
def opened(port: int) -> Iterator[Database]:
    """A database of its own."""
    with closing(Database(mongodb_uri(port, f"test_{secrets.token_hex(6)}"))) as database:
        yield database


@pytest.fixture
def database(mongodb_port: int) -> Iterator[Database]:
    with opened(mongodb_port) as database:
        yield database


@pytest.fixture
def documents(database: Database) -> Collection[dict[str, Any]]:
    """The collection as another program sees it."""
    return database._client.get_default_database()["events"]


@pytest.fixture(params=["memory", *MONGODB])
def repository(request: pytest.FixtureRequest) -> Iterator[EventRepository]:
    if request.param == "memory":
        yield MemoryEventRepository()
        return
    with opened(request.getfixturevalue(request.param)) as database:
        create_event_indexes()
        yield MongoEventRepository(database)


class TestEveryRepository:
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


REQUEST = KeyedRequest("key 1", "f" * 64)
OTHER_REQUEST = KeyedRequest("key 2", "e" * 64)
SAME_KEY = KeyedRequest("key 1", "0" * 64)


class TestRequestsWithAKey:
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
        assert repository.take_back(event.id)
        assert not repository.take_back(other.id)
        assert list(repository.page(None, 9)) == [other]
        assert repository.take_back(event.id), "again"
        assert repository.take_back(repository.new_event(repository.new_id(), FULL).id), "without a key"

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
            repository.carried_out(event.id, REQUEST)
        repository.carried_out(MISSING_ID, REQUEST)
        noted = repository.get(event.id)
        assert noted
        assert noted.carried_out == {REQUEST.id: REQUEST.fingerprint}
        assert (noted.fields, noted.updated_at) == (event.fields, event.updated_at)
        assert repository.get(MISSING_ID) is None


class TestTombstones:
    def test_a_tombstone_comes_back_as_it_was_and_the_first_one_stays(self, repository: EventRepository) -> None:
        first = Tombstone(MISSING_ID, MOMENT, MOMENT + timedelta(seconds=30))
        assert repository.tombstone(MISSING_ID) is None
        repository.bury(first)
        repository.bury(Tombstone(MISSING_ID, MOMENT + timedelta(days=1), MOMENT + timedelta(days=1)))
        assert repository.tombstone(MISSING_ID) == first
        assert repository.get(MISSING_ID) is None

    def test_a_deletion_outweighs_the_undoing_of_a_creation(self, repository: EventRepository) -> None:
        condition = Tombstone(MISSING_ID, MOMENT, MOMENT, unless_repeated=True)
        repository.bury(condition)
        assert repository.tombstone(MISSING_ID) == condition
        repository.bury(replace(condition, unless_repeated=False))
        repository.bury(condition)
        assert repository.tombstone(MISSING_ID) == replace(condition, unless_repeated=False)
        repository.remove_tombstone(condition)
        assert repository.tombstone(MISSING_ID), "it is another one now"
        repository.remove_tombstone(replace(condition, unless_repeated=False))
        assert repository.tombstone(MISSING_ID) is None
        repository.remove_tombstone(condition)

    def test_those_that_are_due_come_the_longest_overdue_first(self, repository: EventRepository) -> None:
        ids = [repository.new_id() for _ in range(4)]
        for number, event_id in enumerate(ids):
            repository.bury(Tombstone(event_id, MOMENT, MOMENT - timedelta(seconds=number)))
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


class TestDocuments:
    def test_the_tutor_is_nested_and_nothing_is_empty(
        self, database: Database, documents: Collection[dict[str, Any]]
    ) -> None:
        repository = MongoEventRepository(database)
        full, bare = (repository.new_event(repository.new_id(), each) for each in (FULL, EventFields(name="A")))
        assert documents.find_one({"_id": ObjectId(full.id)}) == {
            "_id": ObjectId(full.id),
            "name": "Test Event",
            "community": "Komunitas é",
            "date": MOMENT,
            "tutor": {"type": "Internal", "name": "John Doe"},
            "createdAt": full.created_at,
            "updatedAt": full.updated_at,
        }
        stored = documents.find_one({"_id": ObjectId(bare.id)})
        assert stored
        assert stored.keys() == {"_id", "name", "createdAt", "updatedAt"}

    def test_what_other_programs_wrote_is_read_and_kept(
        self, database: Database, documents: Collection[dict[str, Any]]
    ) -> None:
        document = {
            "_id": ObjectId(),
            "name": "old",
            "tutor": {"type": "External", "name": "Jane", "phone": "1"},
            "imageJobIds": [ObjectId(MISSING_ID)],
            "createdAt": MOMENT,
            "updatedAt": MOMENT,
            "__v": 3,
        }
        documents.insert_one(document)
        repository = MongoEventRepository(database)
        found = repository.get(str(document["_id"]))
        assert found
        assert found.fields == EventFields(name="old", tutor_type="External", tutor_name="Jane")
        changed = repository.change(found.id, EventFields(tutor_name="Joan", date=MOMENT), REQUEST)
        assert changed
        assert documents.find_one() == document | {
            "idempotencyCarriedOut": {REQUEST.id: REQUEST.fingerprint},
            "tutor": {"type": "External", "name": "Joan", "phone": "1"},
            "date": MOMENT,
            "updatedAt": changed.updated_at,
        }

    def test_a_document_without_times_shows_its_ids_time(
        self, database: Database, documents: Collection[dict[str, Any]]
    ) -> None:
        documents.insert_one({"_id": ObjectId(MISSING_ID), "name": "old"})
        found = MongoEventRepository(database).get(MISSING_ID)
        assert found
        assert found.created_at == found.updated_at == ObjectId(MISSING_ID).generation_time


def test_without_a_server_every_call_says_so() -> None:
    database = Database(f"mongodb://127.0.0.1:{free_port()}/none", selection_timeout_ms=50)
    repository = MongoEventRepository(database)
    calls: list[Callable[[], object]] = [
        lambda: repository.new_event(repository.new_id(), FULL),
        lambda: repository.get(MISSING_ID),
        lambda: repository.change(MISSING_ID, FULL),
        lambda: repository.remove(MISSING_ID),
        lambda: repository.page(None, 1),
        lambda: repository.find_by_key("key"),
        lambda: repository.repeated(REQUEST),
        lambda: repository.carried_out(MISSING_ID, REQUEST),
        lambda: repository.take_back(MISSING_ID),
        lambda: repository.bury(Tombstone(MISSING_ID, MOMENT, MOMENT)),
        lambda: repository.tombstone(MISSING_ID),
        lambda: repository.tombstones_due(MOMENT, 1),
        lambda: repository.postpone(MISSING_ID, MOMENT),
        lambda: repository.remove_tombstone(Tombstone(MISSING_ID, MOMENT, MOMENT)),
        create_event_indexes,
    ]
    try:
        with ThreadPoolExecutor(len(calls)) as pool:
            errors = [each.exception() for each in [pool.submit(call) for call in calls]]
    finally:
        database.close()
    assert {type(error) for error in errors} == {DatabaseUnavailable}, errors
