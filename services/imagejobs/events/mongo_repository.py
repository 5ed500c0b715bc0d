"""Events in MongoDB's collections `events` and `deleted_events`, through mongoengine.

Fields of other programs are left unchanged.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from bson import ObjectId
from mongoengine import Q

from imagejobs.connections.mongodb import Database, translated_errors
from imagejobs.connections.nx27017 import modify
from imagejobs.errors import DuplicateKey
from imagejobs.events.keyed_request import KeyedRequest
from imagejobs.events.model import Event, EventFields, Tombstone
from imagejobs.events.mongo_document import EventDocument, TombstoneDocument, TutorDocument

_UPDATES = {
    "name": "set__name",
    "community": "set__community",
    "date": "set__date",
    "tutor_type": "set__tutor__type__",  # without the end mongoengine takes `type` for the operator $type
    "tutor_name": "set__tutor__name",
}


class MongoEventRepository:
    """Implements EventRepository on a Database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def now(self) -> datetime:
        return self._database.clock.now()

    def new_id(self) -> str:
        return str(ObjectId())

    def new_event(self, event_id: str, fields: EventFields, request: KeyedRequest | None = None) -> Event:
        now = self.now()
        event = Event(id=event_id, fields=fields, created_at=now, updated_at=now, created_by=request)
        with translated_errors():
            _to_document(event).save(force_insert=True, validate=False)
        return event

    def get(self, event_id: str) -> Event | None:
        return self._first(Q(pk=ObjectId(event_id)))

    def find_by_key(self, key: str) -> Event | None:
        return self._first(Q(idempotency_key=key))

    def repeated(self, request: KeyedRequest) -> Event | None:
        query = Q(idempotency_key=request.key, fingerprint=request.fingerprint)
        return self._modified(query, inc__repetitions=1)

    def change(self, event_id: str, fields: EventFields, request: KeyedRequest | None = None) -> Event | None:
        said: dict[str, Any] = {
            update: value for name, update in _UPDATES.items() if (value := getattr(fields, name)) is not None
        }
        query = Q(pk=ObjectId(event_id))
        if request:
            query &= Q(**{f"carried_out__{request.id}": None})
            said[f"set__carried_out__{request.id}"] = request.fingerprint
        event = self._modified(query, set__updated_at=self.now(), **said)
        return event or (self.get(event_id) if request else None)

    def mark_carried_out(self, event_id: str, request: KeyedRequest) -> None:
        self._modified(Q(pk=ObjectId(event_id)), **{f"set__carried_out__{request.id}": request.fingerprint})

    def remove(self, event_id: str) -> None:
        with translated_errors():
            EventDocument.objects(pk=ObjectId(event_id)).delete()

    def remove_unless_repeated(self, event_id: str) -> bool:
        with translated_errors():
            EventDocument.objects(pk=ObjectId(event_id), repetitions=None).delete()
        return self.get(event_id) is None

    def page(self, before: str | None, limit: int) -> Sequence[Event]:
        query = EventDocument.objects(pk__lt=ObjectId(before)) if before else EventDocument.objects
        with translated_errors():
            return [_to_event(each) for each in query.order_by("-id").limit(limit)]

    def write_tombstone(self, tombstone: Tombstone) -> None:
        document = TombstoneDocument(
            id=ObjectId(tombstone.event_id),
            begun_at=tombstone.begun_at,
            due_at=tombstone.due_at,
            unless_repeated=tombstone.unless_repeated,
        )
        with suppress(DuplicateKey), translated_errors():
            document.save(force_insert=True, validate=False)
            return
        if not tombstone.unless_repeated:
            self._change_tombstone(tombstone.event_id, set__unless_repeated=False)

    def tombstone(self, event_id: str) -> Tombstone | None:
        with translated_errors():
            document = TombstoneDocument.objects(pk=ObjectId(event_id)).first()
        return _to_tombstone(document) if document else None

    def tombstones_due(self, before: datetime, limit: int) -> Sequence[Tombstone]:
        with translated_errors():
            oldest = [_to_tombstone(each) for each in TombstoneDocument.objects.order_by("due_at").limit(limit)]
        return [each for each in oldest if each.due_at < before]

    def postpone(self, event_id: str, due_at: datetime) -> None:
        self._change_tombstone(event_id, set__due_at=due_at)

    def remove_tombstone(self, tombstone: Tombstone) -> None:
        query = Q(pk=ObjectId(tombstone.event_id), unless_repeated=tombstone.unless_repeated)
        with translated_errors():
            TombstoneDocument.objects(query).delete()

    def _first(self, query: Q) -> Event | None:
        with translated_errors():
            document = EventDocument.objects(query).first()
        return _to_event(document) if document else None

    def _modified(self, query: Q, **updates: Any) -> Event | None:
        document = modify(EventDocument.objects(query), **updates)
        return _to_event(document) if document else None

    def _change_tombstone(self, event_id: str, **updates: Any) -> None:
        modify(TombstoneDocument.objects(pk=ObjectId(event_id)), **updates)


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
        idempotency_key=event.created_by.key if event.created_by else None,
        fingerprint=event.created_by.fingerprint if event.created_by else None,
    )


def _to_event(document: EventDocument) -> Event:
    tutor = document.tutor or TutorDocument()
    key = document.idempotency_key
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
        created_by=KeyedRequest(key, document.fingerprint or "") if key else None,
        carried_out=dict(document.carried_out or {}),
    )


def _to_tombstone(document: TombstoneDocument) -> Tombstone:
    return Tombstone(str(document.id), document.begun_at, document.due_at, bool(document.unless_repeated))
