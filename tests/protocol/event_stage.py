"""Events in the model: their programs, every order of their calls, and what must be true after all of them died."""

import itertools
import secrets
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from imagejobs.errors import DatabaseUnavailable
from imagejobs.events.deletion import LATE_UPLOADS, EventDeletion
from imagejobs.events.memory_repository import MemoryEventRepository
from imagejobs.events.model import EventFields, EventWithJobs
from imagejobs.events.service import Events
from imagejobs.jobs.model import EntityType
from worlds.job_world import ORPHAN_AFTER, PENDING_AFTER, new_image

from protocol.actor import Actor, Role
from protocol.stage import Stage, _Stepwise

SOON = timedelta(seconds=1)
FIELDS = EventFields(name="Test Event")
MOST_STATES = 5_000
State = tuple[tuple[Any, ...], tuple[Actor, ...]]


class EventStage(Stage):
    """A stage with events. Every call is a step."""

    def __init__(self) -> None:
        super().__init__()
        self.event_repository = MemoryEventRepository(self.world.clock)
        stepwise = _Stepwise(self, self.event_repository, DatabaseUnavailable)
        self.events = Events(stepwise, self.world.jobs, PENDING_AFTER)
        self.deletion = EventDeletion(stepwise, self.world.jobs, PENDING_AFTER)

    def snapshot(self) -> tuple[Any, ...]:
        events = self.event_repository
        return (
            super().snapshot(),
            tuple((each, tuple(each.carried_out.items())) for each in events._events.values()),
            frozenset(events._repeated),
            tuple(events._tombstones.items()),
        )

    def restore(self, snapshot: tuple[Any, ...]) -> None:
        jobs, found, repeated, tombstones = snapshot
        super().restore(jobs)
        self.event_repository._events = {event.id: event for event, _ in found}
        self.event_repository._repeated = set(repeated)
        self.event_repository._tombstones = dict(tombstones)

    def step_through(self, actor: Actor) -> object:
        """The result of the program if nothing else happens."""
        while not actor.is_done:
            actor = self.step(actor)
        return actor.result

    def event_ids(self) -> set[str]:
        """The recorded events."""
        return {event.id for event in self.event_repository.page(None, 99)}


def every_state(stage: EventStage, actors: Sequence[Actor]) -> list[State]:
    """The states that these actors can reach in any order of their calls, from the present state."""
    first = (stage.snapshot(), tuple(actors))
    seen, found = {first}, [first]
    for snapshot, playing in found:
        for number, actor in enumerate(playing):
            if not actor.is_done:
                stage.restore(snapshot)
                stepped = stage.step(actor)
                state = (stage.snapshot(), (*playing[:number], stepped, *playing[number + 1 :]))
                if state not in seen:
                    assert len(seen) < MOST_STATES, "an answer differs each time"
                    seen.add(state)
                    found.append(state)
    return found


def assert_nothing_is_left(stage: EventStage) -> None:
    """All actors have died. Run reconcilers and a sweep, let a day pass, and check that nothing is orphaned."""
    for passed in (PENDING_AFTER + SOON, LATE_UPLOADS, PENDING_AFTER + ORPHAN_AFTER):
        stage.world.clock.advance(passed)
        stage.world.repair.run_once()
        stage.deletion.finish_due()
    list(stage.world.sweep.run())
    jobs = stage.records().values()
    assert {job.entity_id for job in jobs} <= stage.event_ids(), "an image outlives its event"
    assert stage.world.storage.stored_keys() == {job.source_image_key for job in jobs}, "an object outlives its image"
    assert not stage.event_repository._tombstones, "a tombstone stays for good"


def program(name: str, run: Callable[[EventStage], object], role: Role = Role.UPLOAD) -> Actor:
    """An actor whose objects and records get the same names in every order of the calls."""

    def play(stage: Stage) -> object:
        assert isinstance(stage, EventStage)
        own = name.encode().hex()[-8:]
        tokens = (f"{own:0>8}{number:04x}" for number in itertools.count())
        ids = patch.multiple("bson.objectid.ObjectId", __str__=lambda _: f"{own:0>16}{stage._given:08x}")
        with patch.object(secrets, "token_hex", lambda _: next(tokens)), ids:
            return run(stage)

    return Actor(name, role, play)


def create(name: str, images: int = 2, key: str | None = None) -> Actor:
    """POST of an event."""
    return program(name, lambda stage: stage.events.create(FIELDS, [new_image(b"%d" % n) for n in range(images)], key))


def change(name: str, event_id: str, key: str | None = None, said: str = "said") -> Actor:
    """PUT of an event, with an image."""
    return program(name, lambda stage: stage.events.change(event_id, EventFields(name=said), [new_image()], key))


def add_image(name: str, event_id: str, key: str | None = None) -> Actor:
    """POST of an image of an event."""
    return program(name, lambda stage: stage.events.add_image(event_id, new_image(), key))


def delete(name: str, event_id: str) -> Actor:
    """DELETE of an event."""
    return program(name, lambda stage: stage.events.delete(event_id), Role.DELETE)


def delete_every(name: str) -> Actor:
    """DELETE of the events that are listed."""

    def run(stage: EventStage) -> None:
        for shown in stage.events.page(None, 9)[0]:
            stage.events.delete(shown.event.id)

    return program(name, run, Role.DELETE)


def finish_deletions(name: str) -> Actor:
    """One pass of a reconciler."""
    return program(name, lambda stage: stage.deletion.finish_due(), Role.REPAIR)


def job_ids(answer: object) -> list[str]:
    """The jobs that a POST or PUT was answered with."""
    assert isinstance(answer, EventWithJobs), answer
    return [job.id for job in answer.jobs]


def jobs_of(stage: EventStage, event_id: str) -> list[str]:
    """The jobs that the event has."""
    return [job.id for job in stage.world.repository.of_entities(EntityType.EVENT, [event_id])]
