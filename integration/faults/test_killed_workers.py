"""Injection 1: kill -9 of a worker right after each step of its work."""

import pytest

from faults.extent import JOBS, ROUNDS
from faults.world import World

STEPS = ("received", "claimed", "downloaded", "converted", "renewed", "uploaded", "completed")


@pytest.mark.parametrize("step", STEPS)
def test_a_worker_killed_at_any_step_loses_no_job(world: World, step: str) -> None:
    with world.trial(f"kill -9 of a worker, {step}") as trial:
        for _ in range(ROUNDS):
            world.points.arm(f"worker.{step}")
            trial.clients.upload_all(world.album.take(JOBS))
            world.points.wait_until_reached(f"worker.{step}")
            trial.inject()


def test_nothing_is_left_behind_by_killed_workers(world: World) -> None:
    world.assert_nothing_is_left()
