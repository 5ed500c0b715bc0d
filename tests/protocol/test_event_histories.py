"""Deletions of events and requests with an Idempotency-Key: every order of their calls, and a death at each call."""

import logging
import re
from collections.abc import Callable, Iterator

import pytest
from imagejobs.events.errors import EventNotFound
from imagejobs.events.model import EventWithJobs
from imagejobs.storage.object_storage import StorageUnavailable
from worlds.job_world import PENDING_AFTER, new_image

from protocol.actor import Actor
from protocol.event_stage import (
    FIELDS,
    SOON,
    EventStage,
    add_image,
    assert_nothing_is_left,
    change,
    create,
    delete,
    delete_every,
    every_state,
    finish_deletions,
    job_ids,
    jobs_of,
)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def stage() -> EventStage:
    return EventStage()


@pytest.fixture
def event_id(stage: EventStage) -> str:
    """An event with an image."""
    return stage.events.create(FIELDS, [new_image(b"first")]).event.id


def all_done(actors: tuple[Actor, ...]) -> bool:
    return all(actor.is_done for actor in actors)


UPLOADS: dict[str, Callable[[str, str], Actor]] = {
    "an image": add_image,
    "a change": change,
    "a change with a key": lambda name, event_id: change(name, event_id, "k"),
    "an image with a key": lambda name, event_id: add_image(name, event_id, "k"),
}


@pytest.mark.parametrize("upload", UPLOADS)
def test_a_deletion_leaves_nothing_of_an_upload_to_the_event_whoever_dies(
    stage: EventStage, event_id: str, upload: str
) -> None:
    states = every_state(stage, [UPLOADS[upload]("u", event_id), delete("d", event_id)])
    assert len(states) > 100
    for snapshot, (uploading, deleting) in states:
        stage.restore(snapshot)
        if uploading.is_done and deleting.is_done:
            assert not stage.event_ids()
            assert not stage.records(), "both were answered, and an image is there"
            assert not stage.world.storage.stored_keys()
        assert_nothing_is_left(stage)
        if deleting.is_done:
            assert deleting.result is None
            assert not stage.event_ids()


def test_two_deletions_and_a_reconciler_are_one_deletion(stage: EventStage, event_id: str) -> None:
    states = every_state(stage, [delete("1", event_id), delete("2", event_id)])
    for snapshot, actors in states:
        stage.restore(snapshot)
        if all_done(actors):
            assert [actor.result for actor in actors] == [None, None]
            assert not stage.records()
        assert_nothing_is_left(stage)


def test_a_reconciler_that_dies_too_is_followed_by_the_next(stage: EventStage, event_id: str) -> None:
    beginnings = every_state(stage, [delete("d", event_id)])
    assert len(beginnings) > 8
    for beginning, _ in beginnings:
        stage.restore(beginning)
        stage.world.clock.advance(PENDING_AFTER + SOON)
        for snapshot, _ in every_state(stage, [finish_deletions("r")]):
            stage.restore(snapshot)
            assert_nothing_is_left(stage)
            assert len(stage.event_ids()) == (beginning == beginnings[0][0] or beginning == beginnings[1][0])


@pytest.mark.parametrize("key", [None, "k"])
def test_an_event_that_is_deleted_while_it_is_created_leaves_nothing(stage: EventStage, key: str | None) -> None:
    states = every_state(stage, [create("c", 1, key), delete_every("d")])
    assert len(states) > 50
    for snapshot, actors in states:
        stage.restore(snapshot)
        if all_done(actors):
            assert {job.entity_id for job in stage.records().values()} <= stage.event_ids()
        assert_nothing_is_left(stage)


def test_a_creation_that_comes_twice_at_once_is_one(stage: EventStage) -> None:
    states = every_state(stage, [create("1", 1, "k"), create("2", 1, "k")])
    assert len(states) > 200
    for snapshot, actors in states:
        stage.restore(snapshot)
        assert len(stage.event_ids()) <= 1
        if all_done(actors):
            answers = [actor.result for actor in actors if isinstance(actor.result, EventWithJobs)]
            assert len(answers) == 2
            assert {each.event.id for each in answers} == stage.event_ids()
            assert job_ids(answers[0]) == job_ids(answers[1]) == sorted(stage.records())


def test_a_creation_that_died_is_completed_by_its_repetition(stage: EventStage) -> None:
    states = every_state(stage, [create("1", 2, "k")])
    assert len(states) > 10
    for snapshot, _ in states:
        stage.restore(snapshot)
        answer = stage.events.create(FIELDS, [new_image(b"0"), new_image(b"1")], "k")
        assert stage.event_ids() == {answer.event.id}
        assert job_ids(answer) == jobs_of(stage, answer.event.id)
        assert len(stage.records()) == 2
        assert_nothing_is_left(stage)


def test_a_change_that_comes_twice_or_dies_is_one(stage: EventStage, event_id: str) -> None:
    states = every_state(stage, [change("1", event_id, "k"), change("2", event_id, "k")])
    assert len(states) > 50
    for snapshot, actors in states:
        stage.restore(snapshot)
        if all_done(actors):
            assert job_ids(actors[0].result) == job_ids(actors[1].result) == jobs_of(stage, event_id)
        again = stage.step_through(change("3", event_id, "k"))
        assert job_ids(again) == jobs_of(stage, event_id)
        assert len(stage.records()) == 2
        assert_nothing_is_left(stage)


def test_a_late_repetition_of_a_change_does_not_undo_what_came_after_it(stage: EventStage, event_id: str) -> None:
    """Also a repetition that began before the first request was answered."""
    for snapshot, (first, second) in every_state(stage, [change("1", event_id, "k"), change("2", event_id, "k")]):
        if first.is_done and not second.is_done:
            stage.restore(snapshot)
            stage.step_through(change("3", event_id, said="later"))
            stage.step_through(second)
            stage.step_through(change("4", event_id, "k"))
            assert stage.events.get(event_id).event.fields.name == "later"


def test_a_creation_that_storage_refuses_is_undone_unless_its_repetition_was_answered(stage: EventStage) -> None:
    """The first request fails at its second image. At any point a repetition with its key arrives and succeeds."""

    put = stage.world.storage.put
    second = re.compile(f"raw/[0-9]+-{b'1'.hex():0>8}0001.jpg")

    def refusing(key: str, *rest: object) -> None:
        if second.fullmatch(key):
            raise StorageUnavailable("full")
        put(key, *rest)  # type: ignore[arg-type]  # as they came

    stage.world.storage.put = refusing  # type: ignore[method-assign, assignment]  # the first request's second image
    states = every_state(stage, [create("1", 2, "k"), create("2", 2, "k")])
    assert len(states) > 200
    outcomes = set()
    for snapshot, actors in states:
        stage.restore(snapshot)
        if all_done(actors):
            outcomes.add(tuple(type(actor.result).__name__ for actor in actors))
            if isinstance(actors[1].result, EventWithJobs):
                assert stage.event_ids() == {actors[1].result.event.id}
                assert set(job_ids(actors[1].result)) == stage.records().keys()
        assert_nothing_is_left(stage)
    assert ("StorageUnavailable", "EventWithJobs") in outcomes


def test_a_creation_that_storage_refuses_leaves_nothing_wherever_its_undoing_dies(stage: EventStage) -> None:
    def refusing(*_: object) -> None:
        raise StorageUnavailable("full")

    stage.world.storage.put = refusing  # type: ignore[method-assign, assignment]  # of every image
    for snapshot, (creating,) in every_state(stage, [create("1", 2, "k")]):
        stage.restore(snapshot)
        if creating.is_done:
            assert isinstance(creating.result, StorageUnavailable)
            assert not stage.event_ids()
        assert_nothing_is_left(stage)


def test_an_event_that_does_not_exist_takes_no_image(stage: EventStage) -> None:
    ((_, _), *_, (_, (actor,))) = every_state(stage, [add_image("u", "655501d2f12a3d0f3c5a1001")])
    assert isinstance(actor.result, EventNotFound)
    assert not stage.world.storage.stored_keys()
