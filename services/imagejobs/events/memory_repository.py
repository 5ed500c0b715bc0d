"""Events in memory: the repository for tests."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import fields as fields_of
from dataclasses import replace
from datetime import UTC, datetime

from bson import ObjectId

from imagejobs.errors import DuplicateKey
from imagejobs.events.keyed_request import KeyedRequest
from imagejobs.events.model import Event, EventFields, Tombstone
from imagejobs.times import to_milliseconds


class MemoryEventRepository:
    """Thread-safe. `clock` is the database's clock."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._clock = clock
        self._events: dict[str, Event] = {}
        self._repeated: set[str] = set()
        self._tombstones: dict[str, Tombstone] = {}
        self._lock = threading.RLock()

    def now(self) -> datetime:
        return to_milliseconds(self._clock())

    def new_id(self) -> str:
        return str(ObjectId())

    def new_event(self, event_id: str, fields: EventFields, request: KeyedRequest | None = None) -> Event:
        now = self.now()
        event = Event(id=event_id, fields=fields, created_at=now, updated_at=now, created_by=request)
        with self._lock:
            if request and self.find_by_key(request.key):
                raise DuplicateKey(request.key)
            self._events[event.id] = event
        return event

    def get(self, event_id: str) -> Event | None:
        return self._events.get(event_id)

    def find_by_key(self, key: str) -> Event | None:
        with self._lock:
            return next(
                (each for each in self._events.values() if each.created_by and each.created_by.key == key), None
            )

    def repeated(self, request: KeyedRequest) -> Event | None:
        with self._lock:
            event = self.find_by_key(request.key)
            if event is None or event.created_by != request:
                return None
            self._repeated.add(event.id)
            return event

    def change(self, event_id: str, fields: EventFields, request: KeyedRequest | None = None) -> Event | None:
        said = {each.name: value for each in fields_of(fields) if (value := getattr(fields, each.name)) is not None}
        with self._lock:
            event = self._events.get(event_id)
            if event is None or (request and request.id in event.carried_out):
                return event
            self._events[event_id] = replace(event, fields=replace(event.fields, **said), updated_at=self.now())
            if request:
                self.mark_carried_out(event_id, request)
            return self._events[event_id]

    def mark_carried_out(self, event_id: str, request: KeyedRequest) -> None:
        with self._lock:
            if event := self._events.get(event_id):
                done = {**event.carried_out, request.id: request.fingerprint}
                self._events[event_id] = replace(event, carried_out=done)

    def remove(self, event_id: str) -> None:
        with self._lock:
            self._events.pop(event_id, None)

    def remove_unless_repeated(self, event_id: str) -> bool:
        with self._lock:
            if event_id not in self._repeated:
                self._events.pop(event_id, None)
            return event_id not in self._events

    def page(self, before: str | None, limit: int) -> Sequence[Event]:
        with self._lock:
            newest_first = sorted(self._events.values(), key=lambda event: event.id, reverse=True)
        return [event for event in newest_first if before is None or event.id < before][:limit]

    def write_tombstone(self, tombstone: Tombstone) -> None:
        with self._lock:
            there = self._tombstones.setdefault(tombstone.event_id, tombstone)
            if not tombstone.unless_repeated:
                self._tombstones[tombstone.event_id] = replace(there, unless_repeated=False)

    def tombstone(self, event_id: str) -> Tombstone | None:
        return self._tombstones.get(event_id)

    def tombstones_due(self, before: datetime, limit: int) -> Sequence[Tombstone]:
        with self._lock:
            due = [each for each in self._tombstones.values() if each.due_at < before]
        return sorted(due, key=lambda each: each.due_at)[:limit]

    def postpone(self, event_id: str, due_at: datetime) -> None:
        with self._lock:
            if there := self._tombstones.get(event_id):
                self._tombstones[event_id] = replace(there, due_at=due_at)

    def remove_tombstone(self, tombstone: Tombstone) -> None:
        with self._lock:
            there = self._tombstones.get(tombstone.event_id)
            if there and there.unless_repeated == tombstone.unless_repeated:
                del self._tombstones[tombstone.event_id]
