"""Which connections are served, which get 503 with Retry-After, and which are closed."""

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

import pytest
from imagejobs.api.connections.descriptors import Room
from imagejobs.api.connections.places import Places
from starlette.responses import PlainTextResponse


@dataclass(eq=False)
class Connection:
    """A connection without a socket."""

    places: Places
    idle: float | None = None
    answered: bool = False
    is_surplus: bool = False
    is_dropped: bool = False

    def idle_until(self) -> float | None:
        return self.idle

    def is_answered(self) -> bool:
        return self.answered

    def drop(self) -> None:
        self.is_dropped = True


def arriving(places: Places, count: int, **state: Any) -> list[Connection]:
    """Open `count` further connections."""
    arrived = []
    for _ in range(count):
        arrived.append(Connection(places, **state))
        places.take(arrived[-1])
    return arrived


def test_up_to_the_bound_every_connection_is_served() -> None:
    places = Places(Room(3, 1))
    assert not any(each.is_surplus or each.is_dropped for each in arriving(places, 3))
    assert not places.are_taken()


def test_the_connection_that_was_idle_longest_makes_room() -> None:
    places = Places(Room(3, 1))
    late, early = arriving(places, 1, idle=20.0) + arriving(places, 1, idle=10.0)
    (working,) = arriving(places, 1)
    (newcomer,) = arriving(places, 1)
    assert [each.is_dropped for each in (late, early, working, newcomer)] == [False, True, False, False]
    assert not newcomer.is_surplus


def test_a_newcomer_does_not_make_room_for_itself() -> None:
    places = Places(Room(1, 1))
    arriving(places, 1)
    (newcomer,) = arriving(places, 1, idle=10.0)
    assert (newcomer.is_surplus, newcomer.is_dropped) == (True, False)


def test_beyond_the_surplus_the_oldest_that_is_not_at_work_is_closed() -> None:
    places = Places(Room(1, 2))
    (served,) = arriving(places, 1, answered=True)
    (at_work,) = arriving(places, 1)
    first, second = arriving(places, 2, answered=True)
    assert [each.is_dropped for each in (served, at_work, first, second)] == [False, False, True, False]


def test_where_all_are_at_work_the_newcomer_is_closed() -> None:
    places = Places(Room(1, 1))
    *others, newcomer = arriving(places, 3)
    assert newcomer.is_dropped
    assert not any(each.is_dropped for each in others)


def test_a_connection_that_leaves_makes_room() -> None:
    places = Places(Room(1, 1))
    (first,) = arriving(places, 1)
    places.leave(first)
    places.leave(first)
    assert not arriving(places, 1)[0].is_surplus


@pytest.mark.parametrize(("path", "status"), [("/healthz", 200), ("/readyz", 503), ("/api/events", 503)])
def test_a_surplus_connection_gets_only_health(path: str, status: int) -> None:
    places = Places(Room(1, 1))
    served, _ = arriving(places, 2)
    assert asyncio.run(answer(places, path))["status"] == status
    places.leave(served)
    assert asyncio.run(answer(places, path))["status"] == 200, "there is room again"


def test_a_surplus_connection_gets_retry_after() -> None:
    places = Places(Room(1, 1))
    arriving(places, 2)
    headers = dict(asyncio.run(answer(places, "/api/events"))["headers"])
    assert int(headers[b"retry-after"]) > 0
    assert headers[b"connection"] == b"close"


async def answer(places: Places, path: str) -> dict[str, Any]:
    """The message that starts the answer."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError

    scope = {"type": "http", "method": "GET", "path": path, "headers": []}
    await places.refusing(PlainTextResponse("served"))(scope, receive, send)
    return sent[0]


def test_a_thousand_surplus_connections_are_one_log_line(caplog: pytest.LogCaptureFixture) -> None:
    places = Places(Room(1, 1))
    with caplog.at_level(logging.INFO):
        arriving(places, 1000)
    (record,) = caplog.records
    assert "all 1 connections are taken" in record.message
    assert "MAX_CONNECTIONS" in record.message
