import io
from datetime import timedelta

from imagejobs.jobs.policy import JobPolicy
from imagejobs.settings.settings import Settings
from imagejobs.wiring.jobs import job_attempts, job_policy, job_repair, job_sweep
from worlds.job_world import World

SETTINGS = Settings(
    _env_file=None,
    storage="filesystem",
    output_prefix="processed",
    renditions=(640, 320),
    max_queue_length=7,
    accept_without_queue=False,
    check_legacy_output=True,
    pending_after=3,
    legacy_lease_seconds=5,
    max_attempts=1,
    orphan_after=700,
)


def test_the_rules_for_clients_are_the_settings() -> None:
    assert job_policy(SETTINGS) == JobPolicy(
        "processed/", (640, 320), 7, accept_without_queue=False, check_legacy_output=True
    )


def test_the_leases_are_the_settings() -> None:
    world = World(job_policy(SETTINGS))
    attempts = job_attempts(world.stores, SETTINGS)
    job = attempts.claim(world.created().id)
    assert job.lease_until == world.clock.time + timedelta(seconds=5)
    assert attempts.renew(job.id, 1).lease_until == world.clock.time + timedelta(seconds=5)


def test_the_limits_of_the_repair_are_the_settings() -> None:
    world = World(job_policy(SETTINGS))
    repair = job_repair(world.stores, SETTINGS)
    world.created()
    world.queue.messages.clear()
    world.clock.advance(timedelta(seconds=3, milliseconds=1))
    assert repair.run_once().requeued == 1
    job_attempts(world.stores, SETTINGS).claim(world.queue.job_ids[0])
    world.clock.advance(timedelta(seconds=5, milliseconds=1))
    assert repair.run_once().attempts_exhausted == 1


def test_what_a_sweep_looks_at_is_the_settings() -> None:
    world = World(job_policy(SETTINGS))
    key = "processed/1600000000000-0123456789ab-optimized.webp"
    world.storage.put(key, io.BytesIO(b"x"), 1, "image/webp")
    sweep = job_sweep(world.repository, world.storage, SETTINGS)
    world.clock.advance(timedelta(seconds=700))
    assert [found.young for _, found in sweep.run()] == [1]
    world.clock.advance(timedelta(milliseconds=1))
    assert [found.deleted for _, found in sweep.run()] == [1]
