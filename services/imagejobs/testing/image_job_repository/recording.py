"""How jobs are recorded and found."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from bson import ObjectId

from imagejobs.errors import DuplicateKey
from imagejobs.jobs.model import ImageJob, JobStatus
from imagejobs.jobs.records.port import ImageJobRepository, JobFilter
from imagejobs.testing.image_job_repository.samples import (
    FULL,
    MISSING_ID,
    SECOND,
    THREADS,
    new_record,
)


class Recording:
    """Part of ImageJobRepositorySuite."""

    def test_every_field_comes_back_as_it_was(self, repository: ImageJobRepository) -> None:
        assert FULL.keys() == {each.name for each in fields(ImageJob)} - {"id"}
        job = new_record(repository, **FULL)
        found = repository.get(job.id)
        assert found == job
        assert found.revision == job.revision == 7

    def test_a_job_of_only_what_is_required_comes_back_as_it_was(self, repository: ImageJobRepository) -> None:
        job = new_record(repository)
        assert repository.get(job.id) == job

    def test_times_come_back_aware_and_in_utc(self, repository: ImageJobRepository) -> None:
        found = repository.get(new_record(repository).id)
        assert found
        assert found.created_at.utcoffset() == timedelta(0)

    def test_a_missing_job_is_none(self, repository: ImageJobRepository) -> None:
        assert repository.get(MISSING_ID) is None
        assert repository.find_by_idempotency_key("key") is None

    def test_a_job_is_found_among_others_by_its_own_id_and_key(self, repository: ImageJobRepository) -> None:
        jobs = [new_record(repository, idempotency_key=f"key-{n}") for n in range(3)]
        assert [repository.get(job.id) for job in jobs] == jobs
        assert [repository.find_by_idempotency_key(f"key-{n}") for n in range(3)] == jobs
        assert repository.get(MISSING_ID) is None
        assert repository.find_by_idempotency_key("key-3") is None

    def test_tombstones_are_got(self, repository: ImageJobRepository) -> None:
        job = new_record(repository, status=JobStatus.DELETING)
        assert repository.get(job.id) == job

    def test_ids_are_new_and_grow(self, repository: ImageJobRepository) -> None:
        made = [repository.new_id() for _ in range(100)]
        assert made == sorted(set(made))
        assert all(ObjectId.is_valid(each) for each in made)

    def test_an_id_is_taken_once(self, repository: ImageJobRepository) -> None:
        job = new_record(repository)
        with pytest.raises(DuplicateKey):
            repository.insert(job)

    def test_an_idempotency_key_is_taken_once_and_found(self, repository: ImageJobRepository) -> None:
        job = new_record(repository, idempotency_key="key")
        with pytest.raises(DuplicateKey):
            new_record(repository, idempotency_key="key")
        assert repository.find_by_idempotency_key("key") == job
        new_record(repository, idempotency_key="Key")

    def test_any_number_of_jobs_has_no_idempotency_key(self, repository: ImageJobRepository) -> None:
        new_record(repository)
        new_record(repository)
        assert len(repository.page(JobFilter(), 10)) == 2

    def test_of_many_inserts_with_one_idempotency_key_one_wins(self, repository: ImageJobRepository) -> None:
        def insert(_: int) -> bool:
            start.wait()
            try:
                new_record(repository, idempotency_key="key")
            except DuplicateKey:
                return False
            return True

        start = Barrier(THREADS)
        with ThreadPoolExecutor(THREADS) as pool:
            assert sum(pool.map(insert, range(THREADS))) == 1

    def test_the_clock_tells_this_time_in_whole_milliseconds(self, repository: ImageJobRepository) -> None:
        now = repository.now()
        assert abs(datetime.now(UTC) - now) < 2 * SECOND
        assert now.microsecond % 1000 == 0

    def test_ping_returns(self, repository: ImageJobRepository) -> None:
        repository.ping()
