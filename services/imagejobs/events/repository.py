"""The record of events, and of their deletions, as a port."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from imagejobs.events.keyed_request import KeyedRequest
from imagejobs.events.model import Event, EventFields, Tombstone


class EventRepository(Protocol):
    """Every method raises DatabaseUnavailable when the database is unavailable, within its timeouts."""

    def now(self) -> datetime:
        """The database's clock, in UTC, cut to milliseconds."""

    def new_id(self) -> str:
        """A fresh id."""

    def new_event(self, event_id: str, fields: EventFields, request: KeyedRequest | None = None) -> Event:
        """Record a new event, with the database's time. Raises DuplicateKey when the request's key is taken."""

    def get(self, event_id: str) -> Event | None:
        """The event."""

    def find_by_key(self, key: str) -> Event | None:
        """The event that was created by a request with this key."""

    def repeated(self, request: KeyedRequest) -> Event | None:
        """The event that this request created. From now on `take_back` leaves it alone."""

    def change(self, event_id: str, fields: EventFields, request: KeyedRequest | None = None) -> Event | None:
        """Replace the fields that are said, at once on the server; nothing if the request was carried out already.

        The event afterwards, or None if there is none.
        """

    def carried_out(self, event_id: str, request: KeyedRequest) -> None:
        """Note that this request was carried out as a whole."""

    def remove(self, event_id: str) -> None:
        """Delete the record; a missing one is not an error."""

    def take_back(self, event_id: str) -> bool:
        """Delete the record unless `repeated` has answered it; whether there is none now."""

    def page(self, before: str | None, limit: int) -> Sequence[Event]:
        """At most `limit` events, newest first, going on after the id `before`."""

    def bury(self, tombstone: Tombstone) -> None:
        """Write a tombstone. One that is there stays as it is, but for `unless_repeated`: False wins."""

    def tombstone(self, event_id: str) -> Tombstone | None:
        """The event's tombstone."""

    def tombstones_due(self, before: datetime, limit: int) -> Sequence[Tombstone]:
        """Those that are to be looked at before this time, the longest overdue first."""

    def postpone(self, event_id: str, due_at: datetime) -> None:
        """Look at this tombstone again at that time."""

    def remove_tombstone(self, tombstone: Tombstone) -> None:
        """The deletion is over, unless its `unless_repeated` was changed meanwhile."""
