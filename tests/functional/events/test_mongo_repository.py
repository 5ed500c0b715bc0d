"""How events look in MongoDB, beside documents of other programs, and that every call reports an unavailable server."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bson import ObjectId
from imagejobs.connections.mongodb import Database
from imagejobs.embedded.services.ports import free_port
from imagejobs.errors import DatabaseUnavailable
from imagejobs.events.model import EventFields, Tombstone
from imagejobs.events.mongo_document import create_event_indexes
from imagejobs.events.mongo_repository import MongoEventRepository
from imagejobs.testing.event_repository.samples import FULL, MISSING_ID, MOMENT, REQUEST
from pymongo.collection import Collection


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
        lambda: repository.mark_carried_out(MISSING_ID, REQUEST),
        lambda: repository.remove_unless_repeated(MISSING_ID),
        lambda: repository.write_tombstone(Tombstone(MISSING_ID, MOMENT, MOMENT)),
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
