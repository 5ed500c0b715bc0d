"""The port to the records of events and of their tombstones."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from imagejobs.events.keyed_request import KeyedRequest
from imagejobs.events.model import Event, EventFields, Tombstone


class EventRepository(Protocol):
    """Every method raises DatabaseUnavailable when the database is unavailable, within its timeouts."""

    def now(self) -> datetime:
        """The database's clock, in UTC, in whole milliseconds."""

    def new_id(self) -> str:
        """A fresh id."""

    def new_event(self, event_id: str, fields: EventFields, request: KeyedRequest | None = None) -> Event:
        """Record a new event, with the database's time. Raises DuplicateKey when the request's key is taken."""

    def get(self, event_id: str) -> Event | None:
        """The event."""

    def find_by_key(self, key: str) -> Event | None:
        """The event that was created by a request with this key."""

    def repeated(self, request: KeyedRequest) -> Event | None:
        """The event that this request created. From now on `remove_unless_repeated` keeps it."""

    def change(self, event_id: str, fields: EventFields, request: KeyedRequest | None = None) -> Event | None:
        """Replace the fields that are given, in one step on the server, unless the request was completed before.

        Returns the event afterwards, or None if it does not exist.
        """

    def mark_carried_out(self, event_id: str, request: KeyedRequest) -> None:
        """Record that this request was completed."""

    def remove(self, event_id: str) -> None:
        """Delete the record. It is not an error if it does not exist."""

    def remove_unless_repeated(self, event_id: str) -> bool:
        """Delete the record unless `repeated` has returned it. Returns whether it is gone."""

    def page(self, before: str | None, limit: int) -> Sequence[Event]:
        """At most `limit` events, newest first, that are older than the id `before`."""

    def write_tombstone(self, tombstone: Tombstone) -> None:
        """Write a tombstone. If one exists, only its `unless_repeated` may change: from True to False."""

    def tombstone(self, event_id: str) -> Tombstone | None:
        """The event's tombstone."""

    def tombstones_due(self, before: datetime, limit: int) -> Sequence[Tombstone]:
        """Tombstones that are due before this time, the longest overdue first."""

    def postpone(self, event_id: str, due_at: datetime) -> None:
        """Make this tombstone due at that time."""

    def remove_tombstone(self, tombstone: Tombstone) -> None:
        """Remove the tombstone, unless its `unless_repeated` has changed since it was read."""
