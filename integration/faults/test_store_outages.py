"""Injections 9 and 10: a MongoDB that restarts in the middle of a PATCH, and an S3 service whose requests fail."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from backing import BackingServers
from running_system import eventually
from servers.losing_proxy import Loss

from faults.extent import FULL, JOBS, ROUNDS, SETTINGS
from faults.history import State
from faults.siege import Siege, besieged
from faults.storage_proxy import Trouble, Troubles
from faults.world import World

SLOW_SECONDS = 1.5 * float(SETTINGS["LEASE_SECONDS"])
"""Longer than a lease that is not renewed."""
BEYOND_RETRIES = 4
"""The number of failed requests: more than the storage client retries by itself."""
MAX_ATTEMPTS = 3
"""Fewer than the default, so that an outage that lasts longer than all attempts is short."""
PATCHES = {"PROCESSING": b"leaseUntil", "COMPLETED": b"outputImageKey"}
"""Bytes that only the update to this status sends to MongoDB."""
INSERT = [b"insert", b"sourceImageKey", b"PENDING"]
RESTARTS = [("after", "PROCESSING"), ("before", "COMPLETED"), ("after", "COMPLETED")]
if FULL:
    RESTARTS.append(("before", "PROCESSING"))
TROUBLES = [
    Troubles(Trouble.REFUSED, "GET", "/raw/", BEYOND_RETRIES),
    Troubles(Trouble.OVERLOADED, "GET", "/raw/", BEYOND_RETRIES),
    Troubles(Trouble.SLOW, "GET", "/raw/", BEYOND_RETRIES, slow_seconds=SLOW_SECONDS),
    Troubles(Trouble.CUT, "GET", "/raw/", BEYOND_RETRIES),
    Troubles(Trouble.OVERLOADED, "PUT", "/optimized/", BEYOND_RETRIES),
    Troubles(Trouble.REPLY_LOST, "PUT", "/optimized/", BEYOND_RETRIES),
    Troubles(Trouble.OVERLOADED, "HEAD", "/optimized/", BEYOND_RETRIES),
    Troubles(Trouble.OVERLOADED, "PUT", "/raw/", BEYOND_RETRIES),
    Troubles(Trouble.REPLY_LOST, "PUT", "/raw/", BEYOND_RETRIES),
]


@pytest.fixture(scope="module")
def siege(servers: BackingServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Siege]:
    """One system for all tests of this module."""
    with besieged(servers, tmp_path_factory.mktemp("besieged"), MAX_ATTEMPTS=str(MAX_ATTEMPTS)) as begun:
        yield begun


@pytest.mark.parametrize(("moment", "status"), RESTARTS, ids=[" ".join(each) for each in RESTARTS])
def test_a_mongodb_that_restarts_in_the_middle_of_a_patch_loses_no_job(siege: Siege, moment: str, status: str) -> None:
    world = siege.world
    with siege.trial(f"MongoDB restarted {moment} {status} is recorded") as trial:
        for _ in range(ROUNDS):
            carries = [b"findAndModify", PATCHES[status], status.encode()]
            loss = siege.mongodb_way.lose(Loss(carries, is_reply=moment == "after", then=siege.mongodb.kill))
            job_ids = trial.clients.upload_all(world.album.take(JOBS))
            assert loss.happened.wait(30), "the PATCH did not arrive"
            trial.inject()
            trial.clients.upload(world.album.next())
            assert trial.history.requests[-1].status == 503, "the upload is refused while MongoDB is unavailable"
            siege.mongodb.start()
            eventually(world.system.is_ready)
            recorded = [job_id for job_id in job_ids if trial.has_ended(job_id)]
            eventually(lambda recorded=recorded: all(map(world.witness.sightings().accepted.get, recorded)))


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_mongodb_that_restarts_in_the_middle_of_an_upload_leaves_nothing_of_it(siege: Siege, moment: str) -> None:
    world = siege.world
    with siege.trial(f"MongoDB restarted {moment} an upload is recorded") as trial:
        for _ in range(ROUNDS):
            eventually(world.is_settled)
            before = _sources(world)
            loss = siege.mongodb_way.lose(Loss(INSERT, is_reply=moment == "after", then=siege.mongodb.kill))
            trial.clients.upload(world.album.next())
            assert loss.happened.is_set(), "the insert did not arrive"
            assert trial.history.requests[-1].status == 503
            trial.inject()
            siege.mongodb.start()
            eventually(world.system.is_ready)
            eventually(lambda before=before: _sources(world) <= before)


@pytest.mark.parametrize("troubles", TROUBLES, ids=lambda each: f"{each.method} {each.part} {each.trouble}")
def test_a_storage_in_trouble_loses_no_job(siege: Siege, troubles: Troubles) -> None:
    world = siege.world
    with siege.trial(f"S3, {troubles.method} {troubles.part}: {troubles.trouble}") as trial:
        for _ in range(ROUNDS):
            begun = siege.storage_way.trouble(replace(troubles, then=trial.inject))
            trial.clients.upload_all(world.album.take(JOBS))
            eventually(lambda begun=begun: begun.met == begun.times)


def test_a_storage_outage_that_outlasts_a_jobs_attempts_costs_none_of_them(siege: Siege) -> None:
    world = siege.world
    with siege.trial(f"S3 unavailable for {MAX_ATTEMPTS} tries of a job") as trial:
        siege.storage_way.trouble(Troubles(Trouble.OVERLOADED, "GET", "/raw/", 1_000_000, then=trial.inject))
        job_id = trial.clients.upload(world.album.next())
        assert job_id
        eventually(lambda: _is_handed_back(trial.states(job_id), MAX_ATTEMPTS), say=world.processes.log_tails)
        siege.storage_way.heal()


def test_a_source_that_comes_shorter_than_it_was_uploaded_fails_no_job(siege: Siege) -> None:
    world = siege.world
    with siege.trial("S3, GET /raw/: half, with a length to match") as trial:
        siege.storage_way.trouble(Troubles(Trouble.SHORT, "GET", "/raw/", BEYOND_RETRIES, then=trial.inject))
        trial.clients.upload_all(world.album.take(JOBS))


def test_nothing_is_left_behind_by_outages_of_the_stores(siege: Siege) -> None:
    siege.world.assert_nothing_is_left()


def _is_handed_back(states: Sequence[State], attempt: int) -> bool:
    return bool(states) and states[-1].attempt >= attempt and states[-1].status != "PROCESSING"


def _sources(world: World) -> set[str]:
    return {info.key for info in world.system.storage.list("raw/")}
