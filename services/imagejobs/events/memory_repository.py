"""Events in memory: the repository for tests."""

import threading
from collections.abc import Sequence
from dataclasses import fields as fields_of
from dataclasses import replace
from datetime import UTC, datetime

from bson import ObjectId

from imagejobs.clock import to_milliseconds
from imagejobs.events.model import Event, EventFields


class MemoryEventRepository:
    """Thread-safe."""

    def __init__(self) -> None:
        self._events: dict[str, Event] = {}
        self._lock = threading.Lock()

    def new_id(self) -> str:
        return str(ObjectId())

    def new_event(self, event_id: str, fields: EventFields) -> Event:
        now = to_milliseconds(datetime.now(UTC))
        event = Event(id=event_id, fields=fields, created_at=now, updated_at=now)
        with self._lock:
            self._events[event.id] = event
        return event

    def get(self, event_id: str) -> Event | None:
        return self._events.get(event_id)

    def change(self, event_id: str, fields: EventFields) -> Event | None:
        said = {each.name: value for each in fields_of(fields) if (value := getattr(fields, each.name)) is not None}
        with self._lock:
            event = self._events.get(event_id)
            if event is None:
                return None
            now = to_milliseconds(datetime.now(UTC))
            self._events[event_id] = replace(event, fields=replace(event.fields, **said), updated_at=now)
            return self._events[event_id]

    def remove(self, event_id: str) -> None:
        with self._lock:
            self._events.pop(event_id, None)

    def page(self, before: str | None, limit: int) -> Sequence[Event]:
        with self._lock:
            newest_first = sorted(self._events.values(), key=lambda event: event.id, reverse=True)
        return [event for event in newest_first if before is None or event.id < before][:limit]
