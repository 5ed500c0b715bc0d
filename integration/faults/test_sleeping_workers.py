"""Injections 8 and 16: workers that sleep beyond their lease, and clients that delete and retry jobs meanwhile."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from running_system import eventually, paused

from faults.extent import JOBS, ROUNDS
from faults.leftovers import LIST
from faults.sleepers import arm, asleep
from faults.trial import Trial
from faults.world import World

STEPS = ("received", "claimed", "downloaded", "converted", "renewed", "uploaded", "completed")


def the_job_that_reaches(world: World, trial: Trial, point: str) -> str:
    """Upload the job that reaches the armed point. All earlier jobs have ended, so that none reaches it first."""
    eventually(world.is_settled, 120)
    arm(world, point)
    job_id = trial.clients.upload(world.album.next())
    assert job_id
    return job_id


@pytest.mark.parametrize("step", ["converted", "renewed", "uploaded"])
def test_the_result_of_a_worker_that_slept_beyond_its_lease_is_discarded(world: World, step: str) -> None:
    with world.trial(f"SIGSTOP of a worker beyond its lease, {step}") as trial:
        for _ in range(ROUNDS):
            job_id = the_job_that_reaches(world, trial, f"worker.{step}")
            with asleep(world, f"worker.{step}"):
                trial.inject()
                trial.clients.upload_all(world.album.take(JOBS))
                eventually(lambda job_id=job_id: trial.has_ended(job_id), 120)
            ended = trial.states(job_id)[-1]
            assert (ended.status, ended.attempt, ended.lost_leases) == ("COMPLETED", 2, 1)
            eventually(lambda job_id=job_id: world.processes.log_tails().count(f"job {job_id}: dropped") >= 1)


@pytest.mark.parametrize("step", STEPS)
def test_a_deletion_holds_whatever_a_worker_is_doing(world: World, step: str) -> None:
    with world.trial(f"DELETE while a worker sleeps, {step}") as trial:
        for _ in range(ROUNDS):
            job_id = the_job_that_reaches(world, trial, f"worker.{step}")
            with asleep(world, f"worker.{step}"):
                trial.inject()
                assert trial.clients.delete(job_id) == 200
            trial.clients.upload_all(world.album.take(2))
    world.assert_nothing_is_left()


def test_of_two_retries_at_once_one_is_accepted_and_pushes_one_message(world: World) -> None:
    with world.trial("two retries of a FAILED job at once") as trial:
        for _ in range(ROUNDS):
            job_id = trial.clients.upload(world.album.broken())
            assert job_id
            eventually(lambda job_id=job_id: trial.has_ended(job_id))
            with paused(world.system.process("queue-adapter")), ThreadPoolExecutor(2) as clients:
                trial.inject()
                answers = sorted(map(str, clients.map(trial.clients.retry, [job_id] * 2)))
                waiting = world.redis.llen(LIST)
            assert answers == ["200", "409"]
            assert waiting <= 1
            eventually(lambda job_id=job_id: trial.states(job_id)[-1].attempt == 2 and trial.has_ended(job_id))
