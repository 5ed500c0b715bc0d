"""Events in MongoDB's collection `events`, through mongoengine; fields that others wrote are left as they are."""

from collections.abc import Sequence
from typing import Any

from bson import ObjectId
from mongoengine import (
    DateTimeField,
    Document,
    EmbeddedDocument,
    EmbeddedDocumentField,
    ObjectIdField,
    StringField,
)

from imagejobs.database import PULL_NOTHING, Database, translated_errors
from imagejobs.events.model import Event, EventFields

_UPDATES = {
    "name": "set__name",
    "community": "set__community",
    "date": "set__date",
    "tutor_type": "set__tutor__type__",  # without the end mongoengine takes `type` for the operator $type
    "tutor_name": "set__tutor__name",
}


class TutorDocument(EmbeddedDocument):  # type: ignore[misc]  # mongoengine has no types
    """Who holds the event."""

    meta = {"strict": False}  # noqa: RUF012 - read by mongoengine's metaclass
    type = StringField()
    name = StringField()


class EventDocument(Document):  # type: ignore[misc]  # mongoengine has no types
    """The stored form of Event."""

    meta = {"collection": "events", "strict": False, "auto_create_index": False}  # noqa: RUF012 - as above
    id = ObjectIdField(primary_key=True)
    name = StringField()
    community = StringField()
    date = DateTimeField()
    tutor = EmbeddedDocumentField(TutorDocument)
    created_at = DateTimeField(db_field="createdAt")
    updated_at = DateTimeField(db_field="updatedAt")


class MongoEventRepository:
    """Implements EventRepository on a Database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def new_id(self) -> str:
        return str(ObjectId())

    def new_event(self, event_id: str, fields: EventFields) -> Event:
        now = self._database.clock.now()
        event = Event(id=event_id, fields=fields, created_at=now, updated_at=now)
        with translated_errors():
            _to_document(event).save(force_insert=True, validate=False)
        return event

    def get(self, event_id: str) -> Event | None:
        with translated_errors():
            document = EventDocument.objects(pk=ObjectId(event_id)).first()
        return _to_event(document) if document else None

    def change(self, event_id: str, fields: EventFields) -> Event | None:
        said: dict[str, Any] = {
            update: value for name, update in _UPDATES.items() if (value := getattr(fields, name)) is not None
        }
        with translated_errors():
            document = EventDocument.objects(pk=ObjectId(event_id)).modify(
                new=True, __raw__=PULL_NOTHING, set__updated_at=self._database.clock.now(), **said
            )
        return _to_event(document) if document else None

    def remove(self, event_id: str) -> None:
        with translated_errors():
            EventDocument.objects(pk=ObjectId(event_id)).delete()

    def page(self, before: str | None, limit: int) -> Sequence[Event]:
        query = EventDocument.objects(pk__lt=ObjectId(before)) if before else EventDocument.objects
        with translated_errors():
            return [_to_event(each) for each in query.order_by("-id").limit(limit)]


def _to_document(event: Event) -> EventDocument:
    said = event.fields
    tutor = TutorDocument(type=said.tutor_type, name=said.tutor_name)
    return EventDocument(
        id=ObjectId(event.id),
        name=said.name,
        community=said.community,
        date=said.date,
        tutor=tutor if said.tutor_type or said.tutor_name else None,
        created_at=event.created_at,
        updated_at=event.updated_at,
    )


def _to_event(document: EventDocument) -> Event:
    tutor = document.tutor or TutorDocument()
    return Event(
        id=str(document.id),
        fields=EventFields(
            name=document.name,
            community=document.community,
            date=document.date,
            tutor_type=tutor.type,
            tutor_name=tutor.name,
        ),
        created_at=document.created_at or document.id.generation_time,
        updated_at=document.updated_at or document.id.generation_time,
    )
