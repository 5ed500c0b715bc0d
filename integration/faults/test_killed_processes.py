"""Injection 2: kill -9 of the queue adapter, the API and the reconciler right after each of their steps."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from running_system import eventually, paused

from faults.extent import JOBS, ROUNDS
from faults.leftovers import LIST
from faults.trial import Trial
from faults.world import World


@contextmanager
def killed(world: World, trial: Trial, process: str, point: str) -> Iterator[None]:
    """The process dies at this point during the block or right after it, and is restarted."""
    pid = world.system.pid(process)
    world.points.arm(point)
    yield
    world.points.wait_until_reached(point)
    trial.inject()
    eventually(lambda: world.system.pid(process) != pid)


@pytest.mark.parametrize("step", ["taken", "enqueued", "settled"])
def test_a_queue_adapter_killed_at_any_step_loses_no_job(world: World, step: str) -> None:
    with world.trial(f"kill -9 of the adapter, {step}") as trial:
        for _ in range(ROUNDS):
            with killed(world, trial, "queue-adapter", f"adapter.{step}"):
                trial.clients.upload_all(world.album.take(JOBS))


def test_a_killed_queue_adapter_leaves_its_messages_to_the_next_one(world: World) -> None:
    with world.trial("kill -9 of the adapter, no reconciler") as trial, paused(world.system.process("reconciler")):
        for step in ("taken", "enqueued"):
            with killed(world, trial, "queue-adapter", f"adapter.{step}"):
                job_ids = trial.clients.upload_all(world.album.take(JOBS))
            eventually(lambda job_ids=job_ids: all(map(trial.has_ended, job_ids)))


@pytest.mark.parametrize("step", ["stored", "recorded", "pushed"])
def test_an_api_killed_at_any_step_of_an_upload_loses_no_job(world: World, step: str) -> None:
    with world.trial(f"kill -9 of the API, {step}") as trial:
        for _ in range(ROUNDS):
            with killed(world, trial, "api", f"jobs.{step}"):
                accepted = trial.clients.upload_all(world.album.take(JOBS))
            assert len(accepted) < JOBS, "the upload in the killed process was not answered"
            eventually(world.system.is_ready)
            trial.clients.upload_all(world.album.take(JOBS))


def test_an_api_killed_in_a_retry_loses_no_job(world: World) -> None:
    with world.trial("kill -9 of the API, retried") as trial:
        for _ in range(ROUNDS):
            job_id = trial.clients.upload(world.album.broken())
            assert job_id
            eventually(lambda job_id=job_id: trial.has_ended(job_id))
            with killed(world, trial, "api", "jobs.retried"):
                assert trial.clients.retry(job_id) is None
            eventually(world.system.is_ready)
            eventually(lambda job_id=job_id: trial.states(job_id)[-1].attempt == 2)


@pytest.mark.parametrize("step", ["marked_deleted", "objects_deleted"])
def test_an_api_killed_in_a_deletion_leaves_nothing_of_the_job(world: World, step: str) -> None:
    with world.trial(f"kill -9 of the API, {step}") as trial:
        for _ in range(ROUNDS):
            job_ids = trial.clients.upload_all(world.album.take(JOBS))
            with killed(world, trial, "api", f"jobs.{step}"):
                assert trial.clients.delete(job_ids[0]) is None
            eventually(world.system.is_ready)
            eventually(lambda gone=job_ids[0]: gone not in world.recorder.read_all())


def test_a_reconciler_killed_in_a_deletion_leaves_nothing_of_the_job(world: World) -> None:
    with world.trial("kill -9 of the reconciler, objects_deleted") as trial:
        job_ids = trial.clients.upload_all(world.album.take(JOBS))
        with killed(world, trial, "api", "jobs.marked_deleted"):
            assert trial.clients.delete(job_ids[0]) is None
        with killed(world, trial, "reconciler", "jobs.objects_deleted"):
            pass
        eventually(lambda: job_ids[0] not in world.recorder.read_all())


def test_a_reconciler_killed_between_its_mark_and_its_push_loses_no_job(world: World) -> None:
    with world.trial("kill -9 of the reconciler, marked") as trial:
        for _ in range(ROUNDS):
            with killed(world, trial, "reconciler", "repair.marked"), paused(world.system.process("queue-adapter")):
                trial.clients.upload_all(world.album.take(JOBS))
                world.redis.delete(LIST)


def test_nothing_is_left_behind_by_killed_processes(world: World) -> None:
    world.assert_nothing_is_left()
