"""How events and their tombstones are stored in MongoDB, and their indexes."""

from mongoengine import (
    BooleanField,
    DateTimeField,
    DictField,
    Document,
    EmbeddedDocument,
    EmbeddedDocumentField,
    IntField,
    ObjectIdField,
    StringField,
)

from imagejobs.connections.mongodb import translated_errors


class TutorDocument(EmbeddedDocument):  # type: ignore[misc]  # mongoengine has no types
    """The person who holds the event."""

    meta = {"strict": False}  # noqa: RUF012 - read by mongoengine's metaclass
    type = StringField()
    name = StringField()


class EventDocument(Document):  # type: ignore[misc]  # mongoengine has no types
    """The stored form of Event."""

    meta = {  # noqa: RUF012 - as above
        "collection": "events",
        "strict": False,
        "auto_create_index": False,
        "indexes": [{"fields": ["idempotency_key"], "unique": True, "sparse": True}],
    }
    id = ObjectIdField(primary_key=True)
    name = StringField()
    community = StringField()
    date = DateTimeField()
    tutor = EmbeddedDocumentField(TutorDocument)
    created_at = DateTimeField(db_field="createdAt")
    updated_at = DateTimeField(db_field="updatedAt")
    idempotency_key = StringField(db_field="idempotencyKey")
    fingerprint = StringField(db_field="idempotencyFingerprint")
    repetitions = IntField(db_field="idempotencyRepetitions")
    carried_out = DictField(db_field="idempotencyCarriedOut", default=None)


class TombstoneDocument(Document):  # type: ignore[misc]  # mongoengine has no types
    """The stored form of Tombstone."""

    meta = {  # noqa: RUF012 - as above
        "collection": "deleted_events",
        "strict": False,
        "auto_create_index": False,
        "indexes": [{"fields": ["due_at"]}],
    }
    id = ObjectIdField(primary_key=True)
    begun_at = DateTimeField(db_field="begunAt")
    due_at = DateTimeField(db_field="dueAt")
    unless_repeated = BooleanField(db_field="unlessRepeated")


def create_event_indexes() -> None:
    """Create the indexes of the two collections that do not exist yet."""
    with translated_errors():
        EventDocument.ensure_indexes()
        TombstoneDocument.ensure_indexes()
