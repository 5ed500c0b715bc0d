"""API outages longer than a lease, repeated during conversions: no outage counts as the death of a worker."""

from collections.abc import Iterator

import pytest
from backing import BackingServers
from running_system import eventually

from faults.extent import FULL
from faults.history import State
from faults.trial import Trial
from faults.world import World, faulty_system, observed_worker

MAX_ATTEMPTS = 2
"""If outages were counted as lost leases, this many would fail the job."""
OUTAGES = MAX_ATTEMPTS + (3 if FULL else 0)


@pytest.fixture(scope="module")
def world(servers: BackingServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A system with one worker thread, so that no other worker claims a job whose lease expired."""
    directory, attempts = tmp_path_factory.mktemp("outages"), str(MAX_ATTEMPTS)
    with faulty_system(servers.backing(), directory, worker=observed_worker(1, 1), MAX_ATTEMPTS=attempts) as started:
        yield started


def test_outages_longer_than_a_lease_cost_a_job_nothing_however_many_there_are(world: World) -> None:
    with world.trial("the API unavailable for longer than a lease") as trial:
        slow = world.album.next()
        world.witness.make_slow([slow])
        job_id = trial.clients.upload(slow)
        assert job_id
        for _ in range(OUTAGES):
            eventually(lambda: last(trial, job_id).status == "PROCESSING")
            world.processes.stop("api")
            trial.inject()
            eventually(lambda: last(trial, job_id).lost_leases == 1)
            world.processes.start("api")
            eventually(lambda: last(trial, job_id).lost_leases == 0, say=world.processes.log_tails)
        eventually(lambda: trial.has_ended(job_id))
        assert last(trial, job_id).status == "COMPLETED"


def last(trial: Trial, job_id: str) -> State:
    return trial.states(job_id)[-1]


def test_nothing_is_left_behind_by_long_outages(world: World) -> None:
    world.assert_nothing_is_left()
