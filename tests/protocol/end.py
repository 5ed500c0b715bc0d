"""What must be true in each state, and in the end, after everything has been repaired."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import timedelta

from imagejobs.jobs.model import ImageJob, JobStatus, Output
from imagejobs.storage.keys import output_key
from worlds.job_world import LEGACY_LEASE, MAX_ATTEMPTS, ORPHAN_AFTER, World

from protocol.acts import LEASE_SECONDS, mark

LONG = LEGACY_LEASE + timedelta(seconds=1)
ROUNDS = MAX_ATTEMPTS + 2
"""The time of each round of the end: every lease expires in it, and every PENDING job counts as lost."""


def check_state(world: World) -> None:
    """The objects of COMPLETED jobs exist."""
    stored = world.storage.stored_keys()
    for job in world.repository.all():
        assert job.status != JobStatus.COMPLETED or job.output_image_key in stored, f"the result of {job} is not there"


def check_end(world: World, accepted: AbstractSet[str], deleted: AbstractSet[str], poisonous: AbstractSet[str]) -> None:
    """All processes have died. Run a reconciler and a worker, let time pass, and check that every job ended."""
    for _ in range(ROUNDS):
        world.clock.advance(LONG)
        world.repair.run_once()
        _work(world, poisonous)
        if all(job.status.is_terminal for job in world.repository.all()):
            break
    check_state(world)
    records = {job.id: job for job in world.repository.all()}
    for job in records.values():
        assert job.status.is_terminal, f"{job} does not end"
        assert job.source_image_key in world.storage.stored_keys(), f"the source of {job} is gone"
        if job.error_code == "attempts_exhausted":
            assert job.lost_leases == MAX_ATTEMPTS, f"{job} was given up too early or too late"
    assert accepted - deleted <= records.keys(), "an accepted job is gone"
    world.clock.advance(ORPHAN_AFTER + LONG)
    list(world.sweep.run())
    left = {key for key in world.storage.stored_keys() if not is_owned(key, records)}
    assert not left, f"nobody's objects outlive the sweep: {left}"


def _work(world: World, poisonous: AbstractSet[str]) -> None:
    """Process every message. A poisonous job kills its worker after the claim."""
    job_ids = world.queue.job_ids
    world.queue.messages.clear()
    for job_id in job_ids:
        record = world.repository.get(job_id)
        if record and record.status == JobStatus.PENDING:
            job = world.attempts.claim(job_id, LEASE_SECONDS)
            if job_id not in poisonous:
                world.attempts.complete(job_id, job.attempt, _made(world, job))


def _made(world: World, job: ImageJob) -> Output:
    return replace(world.output(job), thumb_hash=mark(job))


def is_owned(key: str, records: Mapping[str, ImageJob]) -> bool:
    """Whether the object is the source of a job, its result, or may become its result."""
    return any(
        key in {job.source_image_key, output_key(job.source_image_key, "optimized/")} for job in records.values()
    )
