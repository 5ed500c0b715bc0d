"""Injections 3, 4, 5 and 18: a Redis that stops, loses single replies, stalls, or is out of memory or disk space."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from backing import BackingServers
from imagejobs.dispatch.broker import SOCKET_SECONDS
from running_system import eventually
from servers.losing_proxy import NOTHING_CAME, Loss

from faults.extent import FULL, JOBS, ROUNDS, SETTLE_SECONDS
from faults.leftovers import QUEUES, messages
from faults.siege import Siege, besieged
from faults.sleepers import arm, asleep
from faults.storage_proxy import Trouble, Troubles

OUTAGES = (2, 10, 60) if FULL else (2, 10)
STALLS = (9, SOCKET_SECONDS + 1) if FULL else (SOCKET_SECONDS + 1,)
"""Stalls in seconds: one shorter than the socket timeout of our clients, and one longer."""
DISK_SECONDS = 8
"""Longer than most pauses between retries, so that retries come due while Redis refuses writes."""
REPLIES = {
    "BLMOVE": Loss([b"BLMOVE"], except_for=NOTHING_CAME),
    "enqueue": Loss([b"\r\nenqueue\r\n"]),
    "fetch": Loss([b"\r\nfetch\r\n"], except_for=NOTHING_CAME),
    "ack": Loss([b"\r\nack\r\n"]),
}


@pytest.fixture(scope="module")
def siege(servers: BackingServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Siege]:
    """One system for all tests of this module."""
    with besieged(servers, tmp_path_factory.mktemp("besieged")) as begun:
        yield begun


DELAYED = QUEUES[1]


def delayed(siege: Siege) -> int:
    """How many messages wait for a retry, on the queue or in a worker."""
    with siege.redis.client() as redis:
        return sum(each.place == DELAYED for each in messages(redis))


def pass_by(seconds: float) -> None:
    """Wait while an outage lasts."""
    threading.Event().wait(seconds)


@pytest.mark.parametrize("seconds", OUTAGES)
def test_a_redis_that_stops_while_retries_are_pending_loses_no_job(siege: Siege, seconds: int) -> None:
    world = siege.world
    with siege.trial(f"Redis stopped for {seconds} s with retries pending") as trial:
        for _ in range(ROUNDS):
            siege.storage_way.trouble(Troubles(Trouble.OVERLOADED, "GET", "/raw/", 1_000_000))
            job_ids = trial.clients.upload_all(world.album.take(JOBS))
            eventually(lambda ids=job_ids: all(trial.states(job_id)[-1].attempt for job_id in ids), SETTLE_SECONDS)
            siege.redis.kill()
            trial.inject()
            accepted = trial.clients.upload_all(world.album.take(2))
            assert len(accepted) == 2, "uploads without Redis are accepted with a warning"
            siege.storage_way.heal()
            pass_by(seconds)
            siege.redis.start()
        eventually(lambda: not delayed(siege), SETTLE_SECONDS, world.processes.log_tails)


def test_a_redis_with_a_full_disk_delays_jobs_and_loses_no_retry(siege: Siege) -> None:
    """MISCONF: Redis cannot write a snapshot, here because a directory has the file's name, and refuses all writes."""
    world = siege.world
    with siege.trial("Redis' disk full with retries pending") as trial, siege.redis.client() as redis:
        snapshot = Path(cast("dict[str, str]", redis.config_get("dir"))["dir"]) / "dump.rdb"
        for _ in range(ROUNDS):
            siege.storage_way.trouble(Troubles(Trouble.OVERLOADED, "GET", "/raw/", 1_000_000))
            job_ids = trial.clients.upload_all(world.album.take(JOBS))
            eventually(lambda ids=job_ids: all(trial.states(job_id)[-1].attempt for job_id in ids), SETTLE_SECONDS)
            eventually(lambda: delayed(siege))
            snapshot.mkdir()
            redis.config_set("save", "3600 1")
            redis.bgsave()
            eventually(lambda: redis.info("persistence")["rdb_last_bgsave_status"] == "err")
            trial.inject()
            accepted = trial.clients.upload_all(world.album.take(2))
            assert len(accepted) == 2, "uploads are accepted with a warning"
            siege.storage_way.heal()
            pass_by(DISK_SECONDS)
            snapshot.rmdir()
            redis.bgsave()
            eventually(lambda: redis.info("persistence")["rdb_last_bgsave_status"] == "ok")
        eventually(lambda: not delayed(siege), SETTLE_SECONDS, world.processes.log_tails)


@pytest.mark.parametrize("command", REPLIES)
def test_a_lost_reply_of_redis_loses_no_job(siege: Siege, command: str) -> None:
    world = siege.world
    with siege.trial(f"reply of {command} lost") as trial:
        for _ in range(ROUNDS):
            loss = siege.redis_way.lose(REPLIES[command].once_more())
            trial.clients.upload_all(world.album.take(JOBS))
            assert loss.happened.wait(30), "the reply passed"
            trial.inject()


@pytest.mark.parametrize("seconds", STALLS)
def test_a_redis_that_stalls_when_a_message_is_acknowledged_loses_no_job(siege: Siege, seconds: float) -> None:
    world = siege.world
    with siege.trial(f"CLIENT PAUSE {seconds:g} s during ack") as trial, siege.redis.client() as redis:
        for _ in range(ROUNDS):
            arm(world, "worker.completed")
            job_id = trial.clients.upload(world.album.next())
            assert job_id
            with asleep(world, "worker.completed"):
                redis.client_pause(round(seconds * 1000))
                goes_on_at = time.monotonic() + seconds
                trial.inject()
            assert trial.clients.upload(world.album.next()), "it is accepted"
            assert time.monotonic() < goes_on_at, "the upload is accepted while Redis stalls"
            pass_by(goes_on_at - time.monotonic())
            eventually(lambda job_id=job_id: not any(each.job_id == job_id for each in messages(redis)))
            sightings = world.witness.sightings()
            assert sightings.deliveries[job_id] == 1, "the worker that did the job acknowledges its message"
            assert sightings.acks[job_id] == 1 or seconds > SOCKET_SECONDS, "the worker gave up too early"


def test_a_redis_without_memory_delays_jobs_and_loses_none(siege: Siege) -> None:
    world = siege.world
    with siege.trial("Redis at maxmemory") as trial, siege.redis.client() as redis:
        for _ in range(ROUNDS):
            trial.clients.upload_all(world.album.take(JOBS))
            assert cast("dict[str, str]", redis.config_get("maxmemory-policy"))["maxmemory-policy"] == "noeviction"
            redis.config_set("maxmemory", 1)
            trial.inject()
            accepted = trial.clients.upload_all(world.album.take(JOBS))
            assert len(accepted) == JOBS
            assert not any(trial.has_ended(job_id) for job_id in accepted)
            redis.config_set("maxmemory", 0)


def test_nothing_is_left_behind_by_outages_of_redis(siege: Siege) -> None:
    """A message whose fetch lost its reply is in the queue of a worker that never saw it. A restart frees it."""
    siege.world.processes.stop("worker")
    siege.world.processes.start("worker")
    siege.world.assert_nothing_is_left()
