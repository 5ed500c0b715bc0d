"""What the reconciler queries: waiting jobs, expired leases, overdue deletions."""

from datetime import timedelta

from imagejobs.jobs.model import JobStatus
from imagejobs.jobs.records.change import Change, Transition
from imagejobs.jobs.records.port import ImageJobRepository
from imagejobs.testing.image_job_repository.samples import (
    MOMENT,
    PENDING,
    SECOND,
    ids,
    new_record,
)


class Overdue:
    """Part of ImageJobRepositorySuite."""

    def test_overdue_jobs_are_those_never_pushed_then_the_longest_waiting(self, repository: ImageJobRepository) -> None:
        late = new_record(repository, enqueued_at=MOMENT - SECOND)
        later = new_record(repository, enqueued_at=MOMENT - 2 * SECOND)
        never = new_record(repository)
        new_record(repository, enqueued_at=MOMENT)
        new_record(repository, enqueued_at=MOMENT - SECOND, status=JobStatus.PROCESSING)
        assert ids(repository.pending_since(MOMENT, 10)) == [never.id, later.id, late.id]
        assert ids(repository.pending_since(MOMENT, 2)) == [never.id, later.id]

    def test_a_job_whose_push_was_unmarked_counts_as_never_pushed(self, repository: ImageJobRepository) -> None:
        job = new_record(repository, enqueued_at=MOMENT + SECOND)
        assert ids(repository.pending_since(MOMENT, 10)) == []
        repository.change(job.id, Transition(PENDING, Change(enqueued_at=None)))
        assert ids(repository.pending_since(MOMENT, 10)) == [job.id]

    def test_expired_leases_go_by_their_end_or_by_the_last_update(self, repository: ImageJobRepository) -> None:
        processing = JobStatus.PROCESSING
        long_ago = MOMENT - 600 * SECOND
        expired = new_record(repository, status=processing, lease_until=MOMENT - timedelta(milliseconds=1))
        foreign = new_record(repository, status=processing, updated_at=long_ago - SECOND)
        new_record(repository, status=processing, lease_until=MOMENT)
        new_record(repository, status=processing, lease_until=MOMENT + SECOND, updated_at=long_ago - SECOND)
        new_record(repository, status=processing, updated_at=long_ago)
        new_record(repository, lease_until=MOMENT - SECOND)
        assert set(ids(repository.leases_expired(MOMENT, long_ago, 10))) == {expired.id, foreign.id}
        assert len(repository.leases_expired(MOMENT, long_ago, 1)) == 1

    def test_leases_that_expired_first_are_found_first(self, repository: ImageJobRepository) -> None:
        """Jobs without a lease come before the others. The limit is for both together."""
        leases = [MOMENT - 2 * SECOND, MOMENT - 3 * SECOND, MOMENT - SECOND, MOMENT]
        leased = [new_record(repository, status=JobStatus.PROCESSING, lease_until=each) for each in leases]
        unleased = [new_record(repository, status=JobStatus.PROCESSING, updated_at=each) for each in leases]
        in_order = [jobs[n].id for jobs in (unleased, leased) for n in (1, 0, 2)]
        assert ids(repository.leases_expired(MOMENT, MOMENT, 10)) == in_order
        assert ids(repository.leases_expired(MOMENT, MOMENT, 2)) == in_order[:2]

    def test_unfinished_deletions_are_found_after_a_while(self, repository: ImageJobRepository) -> None:
        second = new_record(repository, status=JobStatus.DELETING, updated_at=MOMENT - SECOND)
        first = new_record(repository, status=JobStatus.DELETING, updated_at=MOMENT - 2 * SECOND)
        new_record(repository, status=JobStatus.DELETING, updated_at=MOMENT)
        new_record(repository, status=JobStatus.FAILED, updated_at=MOMENT - SECOND)
        assert ids(repository.deleting_since(MOMENT, 10)) == [first.id, second.id]
        assert ids(repository.deleting_since(MOMENT, 1)) == [first.id]
