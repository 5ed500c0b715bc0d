"""What a change writes."""

from dataclasses import fields
from typing import Any

import pytest

from imagejobs.jobs.model import JobStatus
from imagejobs.jobs.records.change import Change, Transition
from imagejobs.jobs.records.port import ImageJobRepository
from imagejobs.testing.image_job_repository.samples import (
    FULL,
    MOMENT,
    PENDING,
    PROCESSING,
    new_record,
    receipt,
)


class Changes:
    """Part of ImageJobRepositorySuite."""

    def test_the_job_afterwards_is_returned_and_recorded(self, repository: ImageJobRepository) -> None:
        job = new_record(repository)
        changed = repository.change(job.id, Transition(PENDING, Change(status=JobStatus.FAILED, error_msg="no")))
        assert changed
        assert (changed.status, changed.error_msg) == (JobStatus.FAILED, "no")
        assert repository.get(job.id) == changed

    @pytest.mark.parametrize("name", sorted({each.name for each in fields(Change)} - {"increments"}))
    def test_each_field_can_be_set(self, repository: ImageJobRepository, name: str) -> None:
        job = new_record(repository, status=JobStatus.PROCESSING)
        changed = repository.change(job.id, Transition(PROCESSING, Change(**{name: FULL[name]})))
        assert changed
        assert changed == repository.get(job.id)
        assert getattr(changed, name) == FULL[name]

    def test_none_removes_a_field(self, repository: ImageJobRepository) -> None:
        job = new_record(repository, lease_until=MOMENT, receipt=receipt(5), retryable=False, error_code="corrupt")
        removed: dict[str, Any] = dict.fromkeys(("lease_until", "receipt", "retryable", "error_code", "processed_at"))
        changed = repository.change(job.id, Transition(PENDING, Change(**removed)))
        assert changed
        assert changed == repository.get(job.id)
        assert {name: getattr(changed, name) for name in removed} == removed

    def test_counters_count_up_by_one(self, repository: ImageJobRepository) -> None:
        job = new_record(repository, attempt=4)
        change = Change(increments=frozenset({"attempt", "lost_leases"}))
        changed = repository.change(job.id, Transition(PENDING, change))
        assert changed
        assert (changed.attempt, changed.lost_leases) == (5, 1)
