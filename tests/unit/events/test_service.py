"""What clients do with events, and that an event and its images are accepted together or not at all."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from imagejobs.errors import DatabaseUnavailable
from imagejobs.events.errors import EventNotFound
from imagejobs.events.keyed_request import KeyedRequest
from imagejobs.events.memory_repository import MemoryEventRepository
from imagejobs.events.model import Event, EventFields, Tombstone
from imagejobs.events.service import Events
from imagejobs.jobs.model import EntityType, JobStatus, Output
from imagejobs.storage.object_storage import StorageUnavailable
from worlds.job_world import PENDING_AFTER, World, new_image, new_record

MISSING_ID = "655501d2f12a3d0f3c5a1002"
FIELDS = EventFields(name="Test Event", date=datetime(2024, 1, 1, tzinfo=UTC), tutor_name="John Doe")


@pytest.fixture
def repository() -> MemoryEventRepository:
    return MemoryEventRepository()


@pytest.fixture
def events(world: World, repository: MemoryEventRepository) -> Events:
    return Events(repository, world.jobs, PENDING_AFTER)


def test_an_event_without_images_needs_neither_storage_nor_queue(world: World, events: Events) -> None:
    world.storage.away = world.queue.away = True
    made = events.create(FIELDS, [])
    assert made.event.fields == FIELDS
    assert events.get(made.event.id) == made


def test_its_images_are_jobs_of_the_event_in_their_order(world: World, events: Events) -> None:
    made = events.create(FIELDS, [new_image(b"1"), new_image(b"2")])
    assert {(job.entity_type, job.entity_id) for job in made.jobs} == {(EntityType.EVENT, made.event.id)}
    assert [world.storage.get(job.source_image_key, 9) for job in made.jobs] == [b"1", b"2"]
    assert world.queue.job_ids == [job.id for job in made.jobs]
    assert list(events.get(made.event.id).jobs) == list(made.jobs)


@pytest.mark.parametrize("puts", [0, 1])
def test_when_an_image_cannot_be_accepted_neither_is_the_event(world: World, events: Events, puts: int) -> None:
    world.storage.puts_left = puts
    with pytest.raises(StorageUnavailable):
        events.create(FIELDS, [new_image(), new_image()])
    assert events.page(None, 10) == ([], None)
    assert world.repository.all() == []


def test_a_change_replaces_what_is_said_and_adds_images(events: Events) -> None:
    made = events.create(FIELDS, [new_image(b"1")])
    changed = events.change(made.event.id, EventFields(name="new"), [new_image(b"2")])
    assert (changed.event.fields.name, changed.event.fields.tutor_name) == ("new", "John Doe")
    assert changed.jobs[0] == made.jobs[0]
    assert len(changed.jobs) == 2


class AwayEvents(MemoryEventRepository):
    """While `away`, nothing can be changed, and `new_event` raises although the event is recorded."""

    away = False

    def new_event(self, event_id: str, fields: EventFields, request: KeyedRequest | None = None) -> Event:
        event = super().new_event(event_id, fields, request)
        self._answer()
        return event

    def change(self, event_id: str, fields: EventFields, request: KeyedRequest | None = None) -> Event | None:
        self._answer()
        return super().change(event_id, fields, request)

    def write_tombstone(self, tombstone: Tombstone) -> None:
        self._answer()
        super().write_tombstone(tombstone)

    def _answer(self) -> None:
        if self.away:
            raise DatabaseUnavailable("not primary")


@pytest.mark.parametrize("images", [0, 2])
def test_an_event_of_which_nobody_knows_whether_it_was_recorded_is_taken_back(world: World, images: int) -> None:
    repository = AwayEvents()
    events = Events(repository, world.jobs, PENDING_AFTER)
    repository.away = True
    with pytest.raises(DatabaseUnavailable):
        events.create(FIELDS, [new_image()] * images)
    world.jobs.refused.try_again()
    assert len(repository.page(None, 10)) == 1, "not yet"
    repository.away = False
    world.jobs.refused.try_again()
    assert repository.page(None, 10) == []
    assert not world.jobs.refused.unsettled


def test_a_change_that_fails_after_its_images_were_accepted_takes_them_back(world: World) -> None:
    repository = AwayEvents()
    events = Events(repository, world.jobs, PENDING_AFTER)
    made = events.create(FIELDS, [new_image(b"1")])
    repository.away = True
    with pytest.raises(DatabaseUnavailable):
        events.change(made.event.id, EventFields(name="new"), [new_image(b"2")])
    assert events.get(made.event.id) == made
    assert world.storage.stored_keys() == {made.jobs[0].source_image_key}


def test_a_change_that_was_carried_out_is_answered_whatever_goes_away_then(
    world: World, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = events.create(FIELDS, [new_image(b"1")])
    push = world.queue.push

    def push_and_cut(job_ids: Sequence[str]) -> None:
        push(job_ids)
        monkeypatch.setattr(world.repository, "of_entities", AwayEvents.new_event)

    monkeypatch.setattr(world.queue, "push", push_and_cut)
    changed = events.change(made.event.id, EventFields(name="new"), [new_image(b"2")])
    assert changed.jobs == [*made.jobs, *changed.accepted]
    assert changed.event.fields.name == "new"


def test_a_change_whose_images_are_refused_changes_nothing_and_may_be_sent_again(world: World, events: Events) -> None:
    made = events.create(FIELDS, [])
    world.repository.inserts_left = 0
    with pytest.raises(DatabaseUnavailable):
        events.change(made.event.id, EventFields(name="new"), [new_image()])
    assert events.get(made.event.id) == made
    world.repository.inserts_left = None
    changed = events.change(made.event.id, EventFields(name="new"), [new_image()])
    assert len(changed.jobs) == 1


def test_a_missing_event_is_not_found_and_gets_no_images(world: World, events: Events) -> None:
    with pytest.raises(EventNotFound, match=MISSING_ID):
        events.get(MISSING_ID)
    with pytest.raises(EventNotFound):
        events.change(MISSING_ID, FIELDS, [new_image()])
    assert world.repository.all() == []


def test_only_the_images_of_completed_jobs_are_shown(world: World, events: Events) -> None:
    made = events.create(FIELDS, [new_image(), new_image()])
    done = made.jobs[1]
    world.attempts.claim(done.id)
    world.attempts.complete(done.id, None, Output("optimized/1.webp"))
    assert [job.id for job in events.get(made.event.id).shown] == [done.id]


def test_jobs_of_others_and_deleted_ones_are_not_the_events(world: World, events: Events) -> None:
    made = events.create(FIELDS, [])
    of_event = {"entity_type": EntityType.EVENT, "entity_id": made.event.id}
    new_record(world.repository, **of_event, status=JobStatus.DELETING)
    new_record(world.repository, entity_type=EntityType.REPORT, entity_id=made.event.id)
    new_record(world.repository, entity_type=EntityType.EVENT, entity_id="another")
    assert list(events.get(made.event.id).jobs) == []


def test_pages_are_newest_first_each_event_with_its_jobs(events: Events) -> None:
    made = [events.create(EventFields(name=str(n)), [new_image()]) for n in range(3)][::-1]
    page, cursor = events.page(None, 2)
    assert (page, cursor) == (made[:2], made[1].event.id)
    assert events.page(cursor, 2) == (made[2:], None)
