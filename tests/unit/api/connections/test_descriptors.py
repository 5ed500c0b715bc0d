"""How many connections the API accepts under a limit of open files."""

import resource

import pytest
from imagejobs.api.connections import descriptors
from imagejobs.api.connections.descriptors import Room, room_for

Limits = list[tuple[int, int]]


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> Limits:
    """The limits of open files as (soft, hard); the last one is in force."""
    limits = [(1024, 1024)]
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _, wanted: limits.append(wanted))
    return limits


@pytest.mark.parametrize("most", [4096, 1_048_576, resource.RLIM_INFINITY])
def test_the_limit_is_raised_to_what_is_needed_and_no_further(limits: Limits, most: int) -> None:
    limits.append((1024, most))
    assert room_for(1000) == Room(1000, descriptors.SURPLUS)
    assert limits[-1] == (2128, most)


def test_a_limit_that_suffices_is_left_alone(limits: Limits) -> None:
    limits.append((100_000, 100_000))
    room_for(1000)
    assert limits[-1] == (100_000, 100_000)


@pytest.mark.parametrize(
    ("descriptors", "room"), [(1024, Room(448, 16)), (256, Room(64, 16)), (64, Room(16, 8)), (4, Room(1, 1))]
)
def test_a_limit_that_may_not_be_raised_leaves_less_room(
    limits: Limits, descriptors: int, room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    limits.append((descriptors, descriptors))
    assert room_for(1000) == room
    assert f"at most {room.connections} connections, not MAX_CONNECTIONS=1000" in caplog.text
    assert "ulimit -n" in caplog.text


def test_a_limit_that_cannot_be_raised_after_all_is_lived_with(limits: Limits, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ValueError

    limits.append((256, resource.RLIM_INFINITY))
    monkeypatch.setattr(resource, "setrlimit", refuse)
    assert room_for(1000) == Room(64, 16)


def test_without_a_limit_there_is_all_the_room(limits: Limits) -> None:
    limits.append((resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert room_for(5000) == Room(5000, descriptors.SURPLUS)
