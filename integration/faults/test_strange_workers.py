"""Injections 14 and 17: our workers and a legacy worker are killed at random; every clock but MongoDB's is wrong."""

import os
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import deployed_system
import pytest
from backing import BackingServers
from interop.legacy_programs import LegacyWorker
from running_system import eventually

from faults.extent import FULL, JOBS, SETTINGS, SETTLE_SECONDS
from faults.leftovers import LIST
from faults.trial import Trial
from faults.world import INTEGRATION, World, faulty_system, observed_worker

HERE = Path(__file__).parent
KILLS = 20 if FULL else 4
STEPS = ("claimed", "downloaded", "converted", "renewed", "uploaded")
SLOWLY = ("--seconds-per-image", "0.5")
"""Slow enough for the legacy worker to be in the middle of a job when it is killed."""
MINUTES_OFF = {"worker-ahead": 5, "worker-behind": -5}
OTHERS_OFF = {"the API behind": {"api": -5, "reconciler": 5}, "the API ahead": {"api": 5, "reconciler": -5}}


@dataclass(frozen=True)
class Mixed:
    """Workers of ours whose clocks are right, ahead and behind, and a legacy worker."""

    world: World
    legacy: LegacyWorker


@pytest.fixture(scope="module")
def mixed(servers: BackingServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mixed]:
    """All workers on one list. The legacy worker sends no tokens and is not started yet."""
    backing = servers.backing()
    directory = tmp_path_factory.mktemp("mixed")
    open_to_all: dict[str, Any] = {
        "API_TOKENS": "",
        "WORKER_TOKENS": "",
        "LEGACY_LEASE_SECONDS": SETTINGS["LEASE_SECONDS"],
    }
    wrong = {name: _with_wrong_clock(observed_worker(1), minutes) for name, minutes in MINUTES_OFF.items()}
    with (
        patch.dict(deployed_system.COMMANDS, wrong),
        faulty_system(backing, directory, **open_to_all) as world,
    ):
        environment = backing.environment() | {"API_URL": str(world.system.http.base_url).rstrip("/")}
        legacy = LegacyWorker(environment, tmp_path_factory.mktemp("legacy-worker"))
        yield Mixed(world, legacy)
        legacy.kill()


@pytest.mark.parametrize("minutes", OTHERS_OFF.values(), ids=OTHERS_OFF)
def test_leases_go_by_the_clock_of_the_database_and_not_by_those_of_workers(
    mixed: Mixed, minutes: Mapping[str, int]
) -> None:
    world = mixed.world
    with world.trial("all other clocks off by 5 minutes") as trial, _only_wrong_clocks(world, minutes):
        trial.inject()
        job_ids = trial.clients.upload_all(world.album.take(JOBS))
        eventually(
            lambda: all(trial.has_ended(job_id) for job_id in job_ids), SETTLE_SECONDS, world.processes.log_tails
        )
        assert {_how_it_ended(trial, job_id) for job_id in job_ids} == {("COMPLETED", 1, 0)}, "no lease ends too early"
        world.points.arm("worker.claimed")
        held = trial.clients.upload(world.album.next())
        world.points.wait_until_reached("worker.claimed")
        forgotten = _without_message(world, trial)
        assert held
        assert forgotten
        eventually(
            lambda: trial.has_ended(held) and trial.has_ended(forgotten), SETTLE_SECONDS, world.processes.log_tails
        )
        assert _how_it_ended(trial, held) == ("COMPLETED", 2, 1), "the lease of a dead worker ends"
        assert _how_it_ended(trial, forgotten) == ("COMPLETED", 1, 0), "a lost message is pushed again"


def test_workers_of_both_kinds_on_one_list_that_are_killed_at_random_lose_no_job(mixed: Mixed) -> None:
    world, legacy = mixed.world, mixed.legacy
    chance = random.Random(14)  # noqa: S311 - a fixed seed
    with world.trial("random kills of our workers and a legacy one") as trial:
        for name in MINUTES_OFF:
            world.processes.stop(name)
        legacy.start_waiting(world.redis, *SLOWLY)
        for _ in range(KILLS):
            is_legacy = chance.random() < 0.5
            if is_legacy:
                popped = len(legacy.did(did="popped"))
                trial.clients.upload_all(world.album.take(JOBS))
                eventually(lambda popped=popped: len(legacy.did(did="popped")) > popped)
                legacy.kill()
                legacy.start(*SLOWLY)
            else:
                step = f"worker.{chance.choice(STEPS)}"
                world.points.arm(step)
                trial.clients.upload_all(world.album.take(JOBS))
                world.points.wait_until_reached(step)
            trial.inject()
        eventually(lambda: legacy.did(did="reported", status="COMPLETED", answer=200), say=world.processes.log_tails)


def test_nothing_is_left_behind_by_strange_workers(mixed: Mixed) -> None:
    mixed.legacy.kill()
    mixed.world.assert_nothing_is_left()


@contextmanager
def _only_wrong_clocks(world: World, minutes: Mapping[str, int]) -> Iterator[None]:
    """Run only workers with wrong clocks, and restart these processes with wrong clocks too."""
    wrong = {name: _with_wrong_clock(deployed_system.COMMANDS[name], off) for name, off in minutes.items()}
    world.processes.stop("worker")
    try:
        with patch.dict(deployed_system.COMMANDS, wrong):
            for name in wrong:
                world.processes.stop(name)
                world.processes.start(name)
            eventually(world.system.is_ready, say=world.processes.log_tails)
            yield
    finally:
        world.processes.start("worker")


def _without_message(world: World, trial: Trial) -> str | None:
    """Upload an image, delete its message from the list, and return the job's id."""
    world.processes.stop("queue-adapter")
    job_id = trial.clients.upload(world.album.next())
    world.redis.delete(LIST)
    world.processes.start("queue-adapter")
    return job_id


def _how_it_ended(trial: Trial, job_id: str) -> tuple[str, int, int]:
    last = trial.states(job_id)[-1]
    return last.status, last.attempt, last.lost_leases


def _with_wrong_clock(command: tuple[str, ...], minutes: int) -> tuple[str, ...]:
    """The command, run with a wall clock that is off by so many minutes."""
    path = os.pathsep.join([str(HERE / "wrong_clock"), str(INTEGRATION), *filter(None, [os.environ.get("PYTHONPATH")])])
    return ("/usr/bin/env", f"PYTHONPATH={path}", f"CLOCK_OFF={60 * minutes}", *command)
