"""Injections 6, 7 and 15: poison bytes in Redis, a Redis that lost all its data, and 100 copies of one message."""

import time
from typing import Any, cast

from imagejobs.task_queue.message import ProcessImageMessage
from running_system import eventually, paused

from faults.extent import JOBS, ROUNDS
from faults.leftovers import LIST, QUEUES
from faults.marked_pictures import LARGE
from faults.world import World

POISON = (b"\x80\x04poison", b"{}", b"[1, 2", b"\xff" * 40)
DELIVERIES = 100


def test_a_redis_that_forgets_everything_loses_no_job(world: World) -> None:
    with world.trial("FLUSHALL in the middle of work") as trial:
        for _ in range(ROUNDS):
            job_ids = trial.clients.upload_all(world.album.take(JOBS, LARGE))
            eventually(lambda begun=job_ids[0]: trial.states(begun)[-1:] and trial.states(begun)[-1].attempt)
            with paused(world.system.process("queue-adapter")):
                trial.clients.upload_all(world.album.take(JOBS))
                world.redis.flushall()
                trial.inject()


def test_a_hundred_deliveries_of_one_job_are_one_conversion(world: World) -> None:
    with world.trial("100 deliveries of one message") as trial:
        for _ in range(ROUNDS):
            picture = world.album.next(LARGE)
            with paused(world.system.process("worker")), paused(world.system.process("queue-adapter")):
                job_id = trial.clients.upload(picture)
                assert job_id
                world.redis.lpush(LIST, *[ProcessImageMessage(job_id).encode()] * (DELIVERIES - 1))
            trial.inject()

            eventually(lambda job_id=job_id: world.witness.sightings().deliveries.get(job_id, 0) >= DELIVERIES)
            eventually(lambda job_id=job_id: trial.has_ended(job_id))
            assert trial.states(job_id)[-1].attempt == 1
            assert world.witness.sightings().conversions[picture.sha256] == 1


def test_poison_among_dramatiqs_messages_strands_no_job(world: World) -> None:
    with world.trial("poison bytes in Dramatiq's queue") as trial:
        for _ in range(ROUNDS):
            with paused(world.system.process("worker")):
                trial.clients.upload_all(world.album.take(JOBS))
                eventually(lambda: world.redis.llen(QUEUES[0]) >= JOBS)
                for place, poison in enumerate(POISON):
                    name = f"poison-{time.monotonic_ns()}"
                    world.redis.hset(f"{QUEUES[0]}.msgs", name, poison)
                    world.redis.linsert(
                        QUEUES[0], "BEFORE", cast("Any", world.redis.lindex(QUEUES[0], 2 * place)), name
                    )
            trial.inject()


def test_nothing_is_left_behind_by_a_damaged_queue(world: World) -> None:
    world.assert_nothing_is_left()
