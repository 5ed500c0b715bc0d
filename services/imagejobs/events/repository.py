"""The record of events as a port."""

from collections.abc import Sequence
from typing import Protocol

from imagejobs.events.model import Event, EventFields


class EventRepository(Protocol):
    """Every method raises DatabaseUnavailable when the database is away, within its timeouts."""

    def new_id(self) -> str:
        """A fresh id."""

    def new_event(self, event_id: str, fields: EventFields) -> Event:
        """Record a new event, with the database's time."""

    def get(self, event_id: str) -> Event | None:
        """The event."""

    def change(self, event_id: str, fields: EventFields) -> Event | None:
        """Replace the fields that are said, at once on the server. The event afterwards, or None if there is none."""

    def remove(self, event_id: str) -> None:
        """Delete the record; a missing one is no error."""

    def page(self, before: str | None, limit: int) -> Sequence[Event]:
        """At most `limit` events, newest first, going on after the id `before`."""
