"""Every transition of a job: its guard, what it writes, and that the table of legal transitions rules."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest
from imagejobs.jobs import transitions
from imagejobs.jobs.model import (
    LEGAL_TRANSITIONS,
    LIVE,
    EntityType,
    Failure,
    ImageJob,
    JobStatus,
    Output,
    sources_of,
)
from imagejobs.jobs.records.change import UNSET, Change, Counter, Guard, Transition
from imagejobs.jobs.transitions import MAX_ERROR_MESSAGE

NOW = datetime(2024, 1, 1, tzinfo=UTC)
LEASE = timedelta(seconds=20)
FAILURE = Failure("the file is damaged", "corrupt", retryable=False)
LONG = Failure("x" * (MAX_ERROR_MESSAGE + 1))
OUTPUT = Output("optimized/x.webp", None, [{"key": "optimized/x.webp"}], "hash", "#b0706f", {"quality": 80})
EMPTY = Output("optimized/x.webp", renditions=[], receipt={})
PENDING = frozenset({JobStatus.PENDING})
PROCESSING = frozenset({JobStatus.PROCESSING})
JOB = ImageJob(
    id="655501d2f12a3d0f3c5a1002",
    entity_type=EntityType.EVENT,
    entity_id="event-1",
    source_image_url="http://storage.invalid/raw/x.jpg",
    source_image_key="raw/x.jpg",
    attempt=4,
    lost_leases=2,
    revision=7,
    created_at=NOW,
    updated_at=NOW,
)
PAIRS = [(old, new) for old in JobStatus for new in JobStatus]
COUNT_LOST: frozenset[Counter] = frozenset({"lost_leases"})


class TestTable:
    @pytest.mark.parametrize(("old", "new"), [each for each in PAIRS if each[1] not in LEGAL_TRANSITIONS[each[0]]])
    def test_a_transition_outside_the_table_cannot_be_built(self, old: JobStatus, new: JobStatus) -> None:
        with pytest.raises(ValueError, match=f"does not allow a job to go from {old} to {new}"):
            Transition(Guard(frozenset({old})), Change(status=new))

    @pytest.mark.parametrize(("old", "new"), [each for each in PAIRS if each[1] in LEGAL_TRANSITIONS[each[0]]])
    def test_one_in_the_table_can(self, old: JobStatus, new: JobStatus) -> None:
        assert Transition(Guard(frozenset({old})), Change(status=new)).change.status == new

    def test_every_status_of_the_guard_is_checked(self) -> None:
        guard = Guard(frozenset({JobStatus.PENDING, JobStatus.COMPLETED}))
        with pytest.raises(ValueError, match="from COMPLETED to PROCESSING"):
            Transition(guard, Change(status=JobStatus.PROCESSING))

    def test_a_change_that_leaves_the_status_is_allowed_in_each(self) -> None:
        assert Transition(Guard(frozenset(JobStatus)), Change(error_msg="x")).change.status is UNSET

    def test_the_sources_of_a_status_are_those_of_the_table(self) -> None:
        assert {status: sources_of(status) for status in JobStatus} == {
            JobStatus.PENDING: {JobStatus.PROCESSING, JobStatus.FAILED},
            JobStatus.PROCESSING: {JobStatus.PENDING, JobStatus.PROCESSING},
            JobStatus.COMPLETED: {JobStatus.PROCESSING},
            JobStatus.FAILED: {JobStatus.PENDING, JobStatus.PROCESSING},
            JobStatus.DELETING: LIVE,
        }
        assert frozenset(JobStatus) - LIVE == {JobStatus.DELETING}


class TestChange:
    def test_its_values_are_the_fields_that_were_given(self) -> None:
        change = Change(error_code=None, lost_leases=0, error_msg="", increments=frozenset({"attempt"}))
        assert change.values == {"error_code": None, "lost_leases": 0, "error_msg": ""}

    def test_every_field_is_one_of_a_job(self) -> None:
        names = {each.name for each in fields(Change)} - {"increments"}
        assert names < {each.name for each in fields(ImageJob)}


class TestWorkers:
    def test_a_claim_begins_the_next_attempt(self) -> None:
        assert transitions.claim(LEASE, NOW) == Transition(
            Guard(PENDING),
            Change(
                status=JobStatus.PROCESSING,
                started_at=NOW,
                updated_at=NOW,
                lease_until=NOW + LEASE,
                error_msg="",
                error_code=None,
                increments=frozenset({"attempt"}),
            ),
        )

    def test_a_renewal_extends_the_lease_only(self) -> None:
        change = Change(lease_until=NOW + LEASE, updated_at=NOW)
        assert transitions.renew(4, LEASE, NOW) == Transition(Guard(PROCESSING, 4), change)

    @pytest.mark.parametrize(
        ("retry_in", "enqueued_at"), [(None, None), (timedelta(), NOW), (LEASE, NOW + LEASE)], ids=str
    )
    def test_a_hand_back_waits_for_the_message(self, retry_in: timedelta | None, enqueued_at: datetime | None) -> None:
        change = Change(
            status=JobStatus.PENDING,
            lease_until=None,
            enqueued_at=enqueued_at,
            updated_at=NOW,
            error_msg=FAILURE.message,
            error_code="corrupt",
        )
        assert transitions.hand_back(4, FAILURE, retry_in, NOW) == Transition(Guard(PROCESSING, 4), change)

    def test_a_lost_lease_is_counted_back(self) -> None:
        change = Change(lost_leases=1, error_msg=FAILURE.message, error_code="corrupt", updated_at=NOW)
        assert transitions.restore_lost_lease(JOB, FAILURE, NOW) == Transition(Guard(PENDING, 4), change)

    @pytest.mark.parametrize("attempt", [4, None])
    def test_a_result_is_recorded_and_the_error_of_before_is_gone(self, attempt: int | None) -> None:
        change = Change(
            status=JobStatus.COMPLETED,
            output_image_key="optimized/x.webp",
            output_image_url="http://x",
            renditions=OUTPUT.renditions,
            thumb_hash="hash",
            dominant_color="#b0706f",
            receipt=OUTPUT.receipt,
            error_msg="",
            error_code=None,
            retryable=None,
            lease_until=None,
            processed_at=NOW,
            updated_at=NOW,
        )
        assert transitions.complete(attempt, OUTPUT, "http://x", NOW) == Transition(Guard(PROCESSING, attempt), change)

    def test_what_is_empty_is_not_recorded(self) -> None:
        change = transitions.complete(4, EMPTY, "http://x", NOW).change
        assert (change.renditions, change.receipt) == (None, None)

    @pytest.mark.parametrize(("attempt", "status"), [(4, PROCESSING), (None, PENDING | PROCESSING)])
    def test_only_a_worker_without_an_attempt_fails_a_job_that_is_not_claimed(
        self, attempt: int | None, status: frozenset[JobStatus]
    ) -> None:
        change = Change(
            status=JobStatus.FAILED,
            error_msg=FAILURE.message,
            error_code="corrupt",
            retryable=False,
            lease_until=None,
            processed_at=NOW,
            updated_at=NOW,
        )
        assert transitions.fail(attempt, FAILURE, NOW) == Transition(Guard(status, attempt), change)

    def test_a_long_message_is_cut(self) -> None:
        for each in (
            transitions.hand_back(4, LONG, None, NOW),
            transitions.restore_lost_lease(JOB, LONG, NOW),
            transitions.fail(4, LONG, NOW),
        ):
            assert each.change.error_msg == "x" * MAX_ERROR_MESSAGE

    @pytest.mark.parametrize("later", [NOW, NOW + LEASE])
    def test_the_same_result_has_happened_whenever_it_is_reported(self, later: datetime) -> None:
        change = transitions.fail(4, FAILURE, NOW).change
        failed = replace(JOB, **change.values)
        assert transitions.has_happened(failed, transitions.fail(4, FAILURE, later).change)
        for other in (Failure("else", "corrupt"), Failure(FAILURE.message, "else", retryable=False)):
            assert not transitions.has_happened(failed, transitions.fail(4, other, later).change)
        assert not transitions.has_happened(failed, transitions.complete(4, OUTPUT, "http://x", NOW).change)


class TestReconciler:
    def test_an_expired_lease_is_put_back_without_a_message(self) -> None:
        change = Change(
            status=JobStatus.PENDING, enqueued_at=None, lease_until=None, updated_at=NOW, increments=COUNT_LOST
        )
        assert transitions.expire(JOB, NOW) == Transition(Guard(PROCESSING, 4, 7), change)

    def test_one_too_many_fails_the_job(self) -> None:
        change = Change(
            status=JobStatus.FAILED,
            error_msg="3 workers died or hung while they processed this image.",
            error_code="attempts_exhausted",
            retryable=True,
            lease_until=None,
            processed_at=NOW,
            updated_at=NOW,
            increments=COUNT_LOST,
        )
        assert transitions.exhaust(JOB, NOW) == Transition(Guard(PROCESSING, 4, 7), change)

    def test_a_push_is_noted_unless_the_job_has_changed(self) -> None:
        change = Change(enqueued_at=NOW, updated_at=NOW)
        assert transitions.mark_pushed(JOB, NOW) == Transition(Guard(PENDING, 4, 7), change)

    def test_a_failed_deletion_comes_last(self) -> None:
        assert transitions.postpone_deletion(NOW) == Transition(
            Guard(frozenset({JobStatus.DELETING})), Change(updated_at=NOW)
        )


class TestClients:
    @pytest.mark.parametrize(("is_pushed", "enqueued_at"), [(True, NOW), (False, None)])
    def test_a_retry_leaves_no_trace_of_the_failure(self, is_pushed: bool, enqueued_at: datetime | None) -> None:
        change = Change(
            status=JobStatus.PENDING,
            error_msg="",
            error_code=None,
            retryable=None,
            lost_leases=0,
            enqueued_at=enqueued_at,
            started_at=None,
            lease_until=None,
            processed_at=None,
            updated_at=NOW,
        )
        assert transitions.retry(NOW, is_pushed=is_pushed) == Transition(Guard(frozenset({JobStatus.FAILED})), change)

    def test_a_tombstone_is_written_in_every_status_that_callers_see(self) -> None:
        change = Change(status=JobStatus.DELETING, updated_at=NOW)
        assert transitions.mark_deleted(NOW) == Transition(Guard(LIVE), change)

    def test_a_job_without_a_message_is_left_to_the_reconciler(self) -> None:
        assert transitions.mark_unpushed() == Transition(Guard(PENDING), Change(enqueued_at=None))

    def test_a_promise_changes_the_revision_only(self) -> None:
        assert transitions.promise() == Transition(Guard(LIVE), Change())
