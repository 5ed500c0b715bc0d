"""Our worker and the existing worker take jobs from the same list, for our API."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from backing import Backing
from interop.legacy_programs import LegacyWorker, NewLegacyWorker, waits
from interop.our_programs import Ours, is_idle, ours
from pictures import jpeg
from running_system import eventually, paused

NOTHING_IS_LOST = {"PENDING_AFTER": "60", "LEASE_SECONDS": "20"}
"""The reconciler pushes no message again within these times, so that each job is done once, if late."""


@pytest.fixture(scope="module")
def both(backing: Backing, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ours]:
    """All of our processes. A test adds the legacy worker."""
    names = ("api", "reconciler", "worker", "queue-adapter")
    with ours(backing, tmp_path_factory.mktemp("ours"), *names, **NOTHING_IS_LOST) as started:
        yield started


def test_each_job_is_done_once_by_one_of_both(both: Ours, new_legacy_worker: NewLegacyWorker) -> None:
    system = both.system
    legacy = new_legacy_worker(system)
    legacy.start_waiting(system.redis, "--seconds-per-image=0.05")
    eventually(lambda: waits(system.redis, "blmove"))
    letters = [letter(f"{n}@example.org") for n in range(8)]

    with ThreadPoolExecutor(4) as clients:
        uploads = [clients.submit(system.create_job, f"{n}.jpg", jpeg(320, 240, seed=n)) for n in range(48)]
        for each in letters:
            clients.submit(system.redis.lpush, "task_queue", each)
        job_ids = [upload.result() for upload in uploads]

    assert_each_done_once(both, legacy, job_ids)
    assert Counter(line["to"] for line in legacy.did(did="sent")) == {f"{n}@example.org": 1 for n in range(8)}


def test_a_backlog_that_the_legacy_worker_began_is_done_by_both(both: Ours, new_legacy_worker: NewLegacyWorker) -> None:
    both.programs["queue-adapter"].stop()
    job_ids = [both.system.create_job(f"{n}.jpg", jpeg(320, 240, seed=n)) for n in range(24)]
    legacy = new_legacy_worker(both.system)
    legacy.start("--seconds-per-image=0.3")
    eventually(lambda: len(legacy.did(did="converted")) >= 2)

    both.programs["queue-adapter"].start()

    assert_each_done_once(both, legacy, job_ids)


def test_a_backlog_that_our_worker_began_is_done_by_both(both: Ours, new_legacy_worker: NewLegacyWorker) -> None:
    """Our adapter takes about a hundred messages ahead and leaves the others on the list to the legacy worker."""
    with paused(both.system.process("worker")):
        job_ids = [both.system.create_job(f"{n}.jpg", jpeg(64, 64, seed=n)) for n in range(110)]
        legacy = new_legacy_worker(both.system)
        legacy.start()
        eventually(lambda: legacy.did(did="converted"))

    assert_each_done_once(both, legacy, job_ids)


def test_tasks_of_another_kind_are_left_for_the_worker_that_knows_them(
    both: Ours, new_legacy_worker: NewLegacyWorker
) -> None:
    system, letters = both.system, [letter(f"{n}@example.net") for n in range(3)]
    system.redis.lpush("task_queue", *letters)
    assert system.ended(system.create_job("between.jpg", jpeg()))["status"] == "COMPLETED"
    eventually(lambda: sorted(system.redis.lrange("task_queue", 0, -1)) == letters)
    assert not system.redis.exists("task_queue:dead")

    legacy = new_legacy_worker(system)
    legacy.start()

    eventually(lambda: len(legacy.did(did="sent")) == 3 and is_idle(system.redis))
    assert Counter(line["to"] for line in legacy.did()) == {f"{n}@example.net": 1 for n in range(3)}


def assert_each_done_once(both: Ours, legacy: LegacyWorker, job_ids: list[str]) -> None:
    """Each job is COMPLETED at its first attempt, converted and reported by one worker; each worker did some jobs."""
    jobs = [both.system.ended(job_id) for job_id in job_ids]
    eventually(lambda: is_idle(both.system.redis) and waits(both.system.redis, "brpop"))
    assert {(job["status"], job["attempt"]) for job in jobs} == {("COMPLETED", 1)}
    by_legacy = [line["job"] for line in legacy.did(did="converted")]
    log = both.programs["worker"].log.read_text()
    by_ours = [job_id for job_id in re.findall(r"job (\w+): completed", log) if job_id in set(job_ids)]
    assert sorted(by_legacy + by_ours) == sorted(job_ids)
    assert by_legacy
    assert by_ours
    assert {job["_id"] for job in jobs if "receipt" in job} == set(by_ours), "only our worker sends a receipt"
    assert {line["answer"] for line in legacy.did(did="reported")} == {200}


def letter(to: str) -> bytes:
    """A task that only the legacy worker can execute."""
    return json.dumps({"task_type": "send_email", "payload": {"to": to}}).encode()
