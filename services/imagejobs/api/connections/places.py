"""Limits the number of connections, and chooses the one to close when a new one needs its place.

A few connections beyond the limit are accepted, so that the server always answers: /healthz as usual, all else 503.
"""

import logging
from typing import Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

from imagejobs.api.binding.errors import ApiError, error_response, unavailable
from imagejobs.api.connections.descriptors import Room
from imagejobs.api.limits import QUIET_SECONDS
from imagejobs.runtime.episode import Episode, Lines

logger = logging.getLogger(__name__)

HEALTH = "/healthz"


class Guest(Protocol):
    """A connection, as Places sees it."""

    is_surplus: bool

    def idle_until(self) -> float | None:
        """The loop time at which the idle connection will be closed; None while it has a request or sends an answer."""

    def is_answered(self) -> bool:
        """Whether no request of this connection is being processed."""

    def drop(self) -> None:
        """Close the connection at once."""


class Places:
    """The places for connections of one server."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._guests: dict[Guest, None] = {}  # used as an ordered set
        lines = Lines.about(
            f"all {room.connections} connections are taken: more are answered 503",
            "raise MAX_CONNECTIONS, add API processes, or see which client does not finish its requests",
        )
        self._overload = Episode(logger, lines, QUIET_SECONDS)

    def take(self, guest: Guest) -> None:
        """Add a connection. If all places are taken, the connection that was idle for longest is closed."""
        self._guests[guest] = None
        if not self.are_taken():
            return
        idle = [(until, each) for each in self._guests if each is not guest and (until := each.idle_until())]
        if idle:
            self._drop(min(idle, key=lambda pair: pair[0])[1])
            return
        guest.is_surplus = True
        self._overload.note()
        if len(self._guests) > self._room.connections + self._room.surplus:
            surplus = (each for each in self._guests if each.is_surplus and each.is_answered())
            self._drop(next(surplus, guest))

    def leave(self, guest: Guest) -> None:
        """Remove a connection that has ended."""
        self._guests.pop(guest, None)

    def are_taken(self) -> bool:
        """Whether there are more connections than places."""
        return len(self._guests) > self._room.connections

    def look(self) -> None:
        """Log when the overload is over; call this from time to time."""
        self._overload.look()

    def refusing(self, app: ASGIApp) -> ASGIApp:
        """The application for a connection beyond the limit: it answers 503 while all places are taken."""

        async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["path"] == HEALTH or not self.are_taken():
                await app(scope, receive, send)
                return
            await error_response(_overloaded())(scope, receive, send)

        return refuse

    def _drop(self, guest: Guest) -> None:
        guest.drop()
        self.leave(guest)


def _overloaded() -> ApiError:
    error = unavailable("overloaded", "The API has as many connections as it can serve; try again later.", "api")
    error.headers["Connection"] = "close"
    return error
