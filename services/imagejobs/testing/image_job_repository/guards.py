"""A change happens only if its guard holds, and of many at the same time only one wins."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from imagejobs.jobs.model import JobStatus
from imagejobs.jobs.records.change import Change, Guard, Transition
from imagejobs.jobs.records.port import ImageJobRepository
from imagejobs.testing.image_job_repository.samples import (
    ANY,
    MISSING_ID,
    PENDING,
    THREADS,
    new_record,
)


class Guards:
    """Part of ImageJobRepositorySuite."""

    @pytest.mark.parametrize(
        "guard",
        [
            Guard(frozenset({JobStatus.PENDING, JobStatus.COMPLETED})),
            Guard(frozenset({JobStatus.PROCESSING}), attempt=1),
            Guard(frozenset({JobStatus.PROCESSING}), attempt=0),
            Guard(frozenset({JobStatus.PROCESSING}), attempt=2, revision=2),
            Guard(frozenset({JobStatus.PENDING}), attempt=2),
            Guard(frozenset({JobStatus.PENDING}), revision=3),
            Guard(frozenset({JobStatus.PROCESSING}), attempt=1, revision=3),
            Guard(frozenset()),
        ],
        ids=[
            "status",
            "older attempt",
            "attempt 0",
            "changed since",
            "status, though not the attempt",
            "status, though not the revision",
            "older attempt, though not changed since",
            "no status",
        ],
    )
    def test_nothing_happens_if_the_guard_does_not_hold(self, repository: ImageJobRepository, guard: Guard) -> None:
        job = new_record(repository, status=JobStatus.PROCESSING, attempt=2, revision=3)
        change = Change(error_msg="changed", increments=frozenset({"attempt"}))
        assert repository.change(job.id, Transition(guard, change)) is None
        assert repository.remove(job.id, guard) is False
        assert repository.get(job.id) == job

    @pytest.mark.parametrize(
        "guard",
        [
            Guard(frozenset({JobStatus.PROCESSING, JobStatus.PENDING})),
            Guard(frozenset({JobStatus.PROCESSING}), attempt=2),
            Guard(frozenset({JobStatus.PROCESSING}), revision=3),
            Guard(frozenset({JobStatus.PROCESSING}), attempt=2, revision=3),
        ],
    )
    def test_it_happens_if_all_of_the_guard_holds(self, repository: ImageJobRepository, guard: Guard) -> None:
        other, changing, removed = (
            new_record(repository, status=JobStatus.PROCESSING, attempt=2, revision=3) for _ in range(3)
        )
        assert repository.change(changing.id, Transition(guard, Change(error_msg="changed")))
        assert repository.remove(removed.id, guard) is True
        assert repository.get(removed.id) is None
        assert repository.get(other.id) == other

    def test_a_job_that_was_never_claimed_has_attempt_0(self, repository: ImageJobRepository) -> None:
        job = new_record(repository)
        assert repository.change(job.id, Transition(Guard(PENDING.status, attempt=0), Change(error_msg="changed")))

    def test_each_change_is_counted_and_makes_a_guard_of_before_fail(self, repository: ImageJobRepository) -> None:
        job = new_record(repository)
        for revision in range(3):
            guard = Guard(PENDING.status, revision=revision)
            changed = repository.change(job.id, Transition(guard, Change(updated_at=job.updated_at)))
            assert changed
            assert changed.revision == revision + 1
            assert repository.change(job.id, Transition(guard, Change(error_msg="changed"))) is None
        found = repository.get(job.id)
        assert found
        assert found.revision == 3

    def test_a_missing_job_is_not_made(self, repository: ImageJobRepository) -> None:
        assert repository.change(MISSING_ID, Transition(ANY, Change(error_msg="changed"))) is None
        assert repository.remove(MISSING_ID, ANY) is False
        assert repository.get(MISSING_ID) is None

    def test_of_many_claims_exactly_one_wins(self, repository: ImageJobRepository) -> None:
        def claim(_: int) -> bool:
            start.wait()
            change = Change(status=JobStatus.PROCESSING, increments=frozenset({"attempt"}))
            return repository.change(job.id, Transition(PENDING, change)) is not None

        start = Barrier(THREADS)
        with ThreadPoolExecutor(THREADS) as pool:
            for _ in range(10):
                job = new_record(repository)
                assert sum(pool.map(claim, range(THREADS))) == 1
                found = repository.get(job.id)
                assert found
                assert found.attempt == 1

    def test_counting_at_once_loses_nothing(self, repository: ImageJobRepository) -> None:
        def count(_: int) -> None:
            repository.change(job.id, Transition(PENDING, Change(increments=frozenset({"attempt"}))))

        job = new_record(repository)
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(count, range(80)))
        found = repository.get(job.id)
        assert found
        assert found.attempt == 80
