"""Injections 3, 4, 5 and 18: a Redis that stops, loses single replies, stalls, and has no memory left."""

import threading
import time
from collections.abc import Iterator
from typing import cast

import pytest
from backing import BackingServers
from imagejobs.broker import SOCKET_SECONDS
from losing_proxy import NOTHING_CAME, Loss
from running_system import eventually

from faults.extent import FULL, JOBS, ROUNDS, SETTLE_SECONDS
from faults.leftovers import messages
from faults.siege import Siege, besieged
from faults.sleepers import arm, asleep
from faults.storage_proxy import Trouble, Troubles

OUTAGES = (2, 10, 60) if FULL else (2, 10)
STALLS = (9, SOCKET_SECONDS + 1) if FULL else (SOCKET_SECONDS + 1,)
"""Seconds: within the time that our clients wait for a reply, and beyond it."""
REPLIES = {
    "BLMOVE": Loss([b"BLMOVE"], except_for=NOTHING_CAME),
    "enqueue": Loss([b"\r\nenqueue\r\n"]),
    "fetch": Loss([b"\r\nfetch\r\n"], except_for=NOTHING_CAME),
    "ack": Loss([b"\r\nack\r\n"]),
}


@pytest.fixture(scope="module")
def siege(servers: BackingServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Siege]:
    """One system for all of these."""
    with besieged(servers, tmp_path_factory.mktemp("besieged")) as begun:
        yield begun


def pass_by(seconds: float) -> None:
    """Let an outage last."""
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
            assert len(accepted) == 2, "without Redis uploads are accepted, and say that they wait"
            siege.storage_way.heal()
            pass_by(seconds)
            siege.redis.start()


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
            assert time.monotonic() < goes_on_at, "it is accepted while Redis stalls"
            pass_by(goes_on_at - time.monotonic())
            eventually(lambda job_id=job_id: not any(each.job_id == job_id for each in messages(redis)))
            sightings = world.witness.sightings()
            assert sightings.deliveries[job_id] == 1, "it is acknowledged by the worker that did it"
            assert sightings.acks[job_id] == 1 or seconds > SOCKET_SECONDS, "it was not waited for long enough"


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
    """A living worker forgets its delayed messages when Redis breaks off (dramatiq#527); they are back when it ends."""
    siege.world.processes.stop("worker")
    siege.world.processes.start("worker")
    siege.world.assert_nothing_is_left()
