"""What a change writes."""

import pytest

from imagejobs.jobs.model import JobStatus
from imagejobs.jobs.records.port import Change, ImageJobRepository
from imagejobs.testing.image_job_repository.samples import (
    FULL,
    MOMENT,
    PENDING,
    new_record,
    receipt,
)


class Changes:
    """Part of ImageJobRepositorySuite."""

    def test_the_job_afterwards_is_returned_and_recorded(self, repository: ImageJobRepository) -> None:
        job = new_record(repository)
        changed = repository.change(job.id, PENDING, Change({"status": JobStatus.FAILED, "error_msg": "no"}))
        assert changed
        assert (changed.status, changed.error_msg) == (JobStatus.FAILED, "no")
        assert repository.get(job.id) == changed

    @pytest.mark.parametrize("name", sorted(set(FULL) - {"idempotency_key", "revision"}))
    def test_each_field_can_be_set(self, repository: ImageJobRepository, name: str) -> None:
        job = new_record(repository)
        changed = repository.change(job.id, PENDING, Change({name: FULL[name]}))
        assert changed
        assert changed == repository.get(job.id)
        assert getattr(changed, name) == FULL[name]

    def test_none_removes_a_field(self, repository: ImageJobRepository) -> None:
        job = new_record(repository, lease_until=MOMENT, receipt=receipt(5), retryable=False, error_code="corrupt")
        removed = dict.fromkeys(("lease_until", "receipt", "retryable", "error_code", "processed_at"))
        changed = repository.change(job.id, PENDING, Change(removed))
        assert changed
        assert changed == repository.get(job.id)
        assert {name: getattr(changed, name) for name in removed} == removed

    def test_counters_count_up_by_one(self, repository: ImageJobRepository) -> None:
        job = new_record(repository, attempt=4)
        changed = repository.change(job.id, PENDING, Change({}, frozenset({"attempt", "lost_leases"})))
        assert changed
        assert (changed.attempt, changed.lost_leases) == (5, 1)
