"""How many connections there are at most, and which one goes when another comes.

Beyond the bound a few more are accepted, so that the server always answers: /healthz as ever, everything else 503.
"""

import logging
from typing import Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

from imagejobs.api.binding.errors import ApiError, error_response, unavailable
from imagejobs.api.connections.descriptors import Room
from imagejobs.api.connections.limits import QUIET_SECONDS
from imagejobs.runtime.episode import Episode, Lines

logger = logging.getLogger(__name__)

HEALTH = "/healthz"


class Guest(Protocol):
    """What is known here of a connection."""

    is_surplus: bool

    def idle_until(self) -> float | None:
        """When it is closed because no request comes; None while one is under way or its answer is being sent."""

    def is_answered(self) -> bool:
        """Whether no request of it is being worked on."""

    def drop(self) -> None:
        """Close it at once."""


class Places:
    """Of one server."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._guests: dict[Guest, None] = {}  # a set that keeps the order in which they came
        lines = Lines.about(
            f"all {room.connections} connections are taken: more are answered 503",
            "raise MAX_CONNECTIONS, add API processes, or see which client does not finish its requests",
        )
        self._overload = Episode(logger, lines, QUIET_SECONDS)

    def take(self, guest: Guest) -> None:
        """A new connection. Where all places are taken, the one that was idle longest makes room for it."""
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
        """A connection that has ended."""
        self._guests.pop(guest, None)

    def are_taken(self) -> bool:
        """Whether there are more connections than places."""
        return len(self._guests) > self._room.connections

    def look(self) -> None:
        """To be called from time to time."""
        self._overload.look()

    def refusing(self, app: ASGIApp) -> ASGIApp:
        """The application for a surplus connection."""

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
