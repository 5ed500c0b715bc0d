"""A failover of Redis that breaks no connection: every process switches to the new master, and no job is lost."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from backing import Backing
from deployed_system import COMMANDS, deployed
from pictures import jpeg
from running_system import System, eventually, family_of
from servers.redis_pair import RedisPair, redis_pair

UPLOADS = 20
GONE_OVER_SECONDS = 10


@pytest.fixture
def pair() -> Iterator[RedisPair]:
    with redis_pair() as started:
        yield started


@pytest.fixture
def system(pair: RedisPair, backing: Backing, tmp_path: Path) -> Iterator[System]:
    with deployed(replace(backing, redis_uri=pair.uri), tmp_path) as (started, _):
        yield started


def servers_of(system: System, pair: RedisPair, name: str) -> set[int]:
    """The ports of the Redis servers to which a process and its children are connected."""
    own = set()
    for process in family_of(system.process(name)):
        with suppress(psutil.NoSuchProcess):  # a conversion's process, which has ended
            own |= {each.laddr.port for each in process.net_connections("tcp")}
    return {server for client, server in pair.way.destinations().items() if client in own}


def redis_is(system: System, state: str) -> bool:
    return bool(system.http.get("/readyz").json()["data"]["redis"] == state)


def test_uploads_through_a_failover_are_completed_and_every_process_goes_over(system: System, pair: RedisPair) -> None:
    eventually(lambda: all(servers_of(system, pair, name) == {pair.first.port} for name in COMMANDS))
    job_ids = []
    for number in range(UPLOADS):
        if number == UPLOADS // 2:
            pair.fail_over()
        job_ids.append(system.create_job(f"{number}.jpg", jpeg(200, 100, seed=number)))

    eventually(
        lambda: all(servers_of(system, pair, name) == {pair.second.port} for name in COMMANDS),
        GONE_OVER_SECONDS,
        lambda: f"of {pair}: { ({name: servers_of(system, pair, name) for name in COMMANDS}) }",
    )
    eventually(lambda: redis_is(system, "ok"), GONE_OVER_SECONDS)
    assert {system.ended(job_id)["status"] for job_id in job_ids} == {"COMPLETED"}


def test_a_redis_that_only_takes_reads_is_not_ready(system: System, pair: RedisPair) -> None:
    assert redis_is(system, "ok")
    with pair.first.client() as first:
        first.replicaof("127.0.0.1", pair.second.port)
        eventually(lambda: redis_is(system, "away"))
        first.replicaof("NO", "ONE")
    eventually(lambda: redis_is(system, "ok"))
