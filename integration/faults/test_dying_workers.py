"""Injections 12 and 13: a job that kills every worker that converts it, and worker restarts under load."""

import threading
from collections.abc import Iterator

import pytest
from backing import BackingServers
from imagejobs.worker.quarantine import SUSPICIOUS
from running_system import eventually

from faults.extent import FULL, JOBS
from faults.marked_pictures import MarkedPicture
from faults.world import World, faulty_system, observed_worker

MAX_ATTEMPTS = 5
"""The default of the setting MAX_ATTEMPTS."""
RESTARTS = 6 if FULL else 3
THREADS = 4
"""Threads of one process: when a job kills the process, other jobs run beside it."""


@pytest.fixture(scope="module")
def world(servers: BackingServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A system with one worker process."""
    worker = observed_worker(1, THREADS)
    with faulty_system(servers.backing(), tmp_path_factory.mktemp("dying"), worker=worker) as started:
        yield started


def test_a_job_that_kills_every_worker_fails_after_exactly_so_many_attempts_and_alone(world: World) -> None:
    with world.trial("a job that kills its worker every time") as trial:
        deadly = MarkedPicture(world.album.next().number, content=world.album.next().data)
        world.witness.make_deadly(deadly)
        slow = world.album.take(THREADS - 1)
        world.witness.make_slow(slow)
        job_id = trial.clients.upload(deadly)
        assert job_id
        trial.inject()
        neighbours = trial.clients.upload_all(slow)
        others = [*neighbours, *trial.clients.upload_all(world.album.take(JOBS))]

        eventually(lambda: trial.has_ended(job_id), 300 if FULL else 60)

        last = trial.states(job_id)[-1]
        assert (last.status, last.error_code) == ("FAILED", "attempts_exhausted")
        assert last.lost_leases == MAX_ATTEMPTS
        handed_back = last.attempt - last.lost_leases
        assert handed_back in {0, 1}, "at most once, when it starts beside others just as it becomes a suspect"
        assert world.witness.sightings().deaths[deadly.sha256] == MAX_ATTEMPTS
        eventually(lambda: all(trial.has_ended(other) for other in others), 120 if FULL else 60)
        deaths = max(trial.states(neighbour)[-1].lost_leases for neighbour in neighbours)
        assert 1 <= deaths <= SUSPICIOUS, "the job ran beside others before it ran alone"


def test_workers_restarted_under_load_fail_no_job(world: World) -> None:
    over = threading.Event()
    with world.trial("SIGTERM of the workers under load") as trial:

        def load() -> None:
            while not over.is_set():
                trial.clients.upload_all(world.album.take(2, (600, 400)), clients=2)
                over.wait(0.3)

        uploader = threading.Thread(target=load)
        uploader.start()
        try:
            for _ in range(RESTARTS):
                eventually(lambda: world.workers_are_ready(1))
                done = len(world.witness.sightings().accepted)
                eventually(lambda done=done: len(world.witness.sightings().accepted) > done)
                exit_code = world.processes.stop("worker")
                trial.inject()
                world.processes.start("worker")
                assert exit_code == 0, world.processes.log_tails()
        finally:
            over.set()
            uploader.join()


def test_nothing_is_left_behind_by_dying_workers(world: World) -> None:
    world.assert_nothing_is_left()
