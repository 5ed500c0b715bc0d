"""What workers may do with jobs: legal transitions, the fencing token, and the rules for outputs."""

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from imagejobs.jobs.errors import (
    IllegalTransition,
    JobConflict,
    JobHeld,
    JobNotFound,
    OutputNotAccepted,
    StaleAttempt,
)
from imagejobs.jobs.model import LEGAL_TRANSITIONS, Failure, ImageJob, JobStatus, Output
from imagejobs.jobs.policy import JobPolicy
from imagejobs.jobs.records.change import Change, Guard, Transition
from imagejobs.jobs.transitions import MAX_ERROR_MESSAGE
from imagejobs.storage.object_storage import ObjectInfo, StorageUnavailable
from worlds.job_world import LEASE, LEGACY_LEASE, MAX_ATTEMPTS, MILLISECOND, PENDING_AFTER, World, new_record, receipt

MISSING_ID = "655501d2f12a3d0f3c5a1002"
LEASE_SECONDS = LEASE.total_seconds()
FAILURE = Failure("the file is damaged", "corrupt", retryable=False)
BEFORE = "before"

Operation = Callable[[World, ImageJob], ImageJob]
OPERATIONS: dict[str, tuple[JobStatus, Operation]] = {
    "claim": (JobStatus.PROCESSING, lambda world, job: world.attempts.claim(job.id, LEASE_SECONDS)),
    "renew": (JobStatus.PROCESSING, lambda world, job: world.attempts.renew(job.id, job.attempt, LEASE_SECONDS)),
    "hand back": (JobStatus.PENDING, lambda world, job: world.attempts.hand_back(job.id, job.attempt, FAILURE)),
    "complete": (
        JobStatus.COMPLETED,
        lambda world, job: world.attempts.complete(job.id, job.attempt, world.output(job)),
    ),
    "complete, legacy": (
        JobStatus.COMPLETED,
        lambda world, job: world.attempts.complete(job.id, None, Output("optimized/x.webp")),
    ),
    "fail": (JobStatus.FAILED, lambda world, job: world.attempts.fail(job.id, job.attempt, FAILURE)),
    "fail, legacy": (JobStatus.FAILED, lambda world, job: world.attempts.fail(job.id, None, FAILURE)),
    "retry": (JobStatus.PENDING, lambda world, job: world.jobs.retry(job.id)),
}
ALLOWED = {
    ("claim", JobStatus.PENDING),
    ("renew", JobStatus.PROCESSING),
    ("hand back", JobStatus.PROCESSING),
    ("complete", JobStatus.PROCESSING),
    ("complete, legacy", JobStatus.PROCESSING),
    ("fail", JobStatus.PROCESSING),
    ("fail, legacy", JobStatus.PROCESSING),
    ("fail, legacy", JobStatus.PENDING),
    ("retry", JobStatus.FAILED),
}
TABLE = [(name, status) for name in OPERATIONS for status in JobStatus]


def job_in(world: World, status: JobStatus) -> ImageJob:
    """A job of attempt 1 that reached `status` in the ordinary way; a terminal one with other contents."""
    job = world.claimed()
    if status == JobStatus.PROCESSING:
        return job
    change = Change(
        status=status,
        lease_until=None,
        error_msg=BEFORE if status == JobStatus.FAILED else "",
        output_image_key="optimized/before.webp" if status == JobStatus.COMPLETED else None,
        output_image_url="http://before.invalid/" if status == JobStatus.COMPLETED else None,
    )
    changed = world.repository.change(job.id, Transition(Guard(frozenset({JobStatus.PROCESSING})), change))
    assert changed
    return changed


class TestTransitionTable:
    def test_what_the_operations_allow_is_in_the_table_and_the_table_has_no_more(self) -> None:
        allowed = {(status, OPERATIONS[name][0]) for name, status in ALLOWED}
        deletion = {(status, JobStatus.DELETING) for status in JobStatus if status != JobStatus.DELETING}
        assert allowed | deletion == {(old, new) for old, targets in LEGAL_TRANSITIONS.items() for new in targets}

    @pytest.mark.parametrize(("name", "status"), [each for each in TABLE if each in ALLOWED])
    def test_a_legal_change_happens(self, world: World, name: str, status: JobStatus) -> None:
        target, operation = OPERATIONS[name]
        job = job_in(world, status)
        changed = operation(world, job)
        assert changed.status == target
        assert world.now(job) == changed

    @pytest.mark.parametrize(("name", "status"), [each for each in TABLE if each not in ALLOWED])
    def test_any_other_is_refused_and_changes_nothing(self, world: World, name: str, status: JobStatus) -> None:
        job = job_in(world, status)
        if (name, status) == ("hand back", JobStatus.PENDING):
            assert world.attempts.hand_back(job.id, 1, FAILURE) == job, "the same again"
        elif status == JobStatus.DELETING:
            with pytest.raises(JobNotFound):
                OPERATIONS[name][1](world, job)
        else:
            with pytest.raises(JobConflict, match=job.id):
                OPERATIONS[name][1](world, job)
        assert world.now(job) == job

    @pytest.mark.parametrize("name", OPERATIONS)
    def test_a_missing_job_is_not_found(self, world: World, name: str) -> None:
        job = replace(world.claimed(), id=MISSING_ID)
        with pytest.raises(JobNotFound):
            OPERATIONS[name][1](world, job)

    @pytest.mark.parametrize("name", ["renew", "hand back", "complete", "fail"])
    @pytest.mark.parametrize("attempt", [1, 3])
    @pytest.mark.parametrize("status", [each for each in JobStatus if each != JobStatus.DELETING])
    def test_another_attempt_than_the_jobs_is_stale_in_every_status(
        self, world: World, name: str, attempt: int, status: JobStatus
    ) -> None:
        job = job_in(world, status)
        next_attempt = Change(increments=frozenset({"attempt"}))
        current = world.repository.change(job.id, Transition(Guard(frozenset(JobStatus)), next_attempt))
        assert current
        with pytest.raises(StaleAttempt, match=f"Attempt {attempt} no longer holds image job {job.id}"):
            OPERATIONS[name][1](world, replace(current, attempt=attempt))
        assert world.now(job) == current


class TestClaim:
    def test_it_begins_the_next_attempt_with_a_lease_by_the_databases_clock(self, world: World) -> None:
        job = world.created()
        world.clock.advance(timedelta(seconds=1))
        claimed = world.attempts.claim(job.id, 12.5)
        assert claimed == replace(
            job,
            status=JobStatus.PROCESSING,
            attempt=1,
            started_at=world.clock.time,
            updated_at=world.clock.time,
            lease_until=world.clock.time + timedelta(seconds=12.5),
        )

    def test_it_clears_what_an_earlier_attempt_left(self, world: World) -> None:
        job = world.claimed()
        world.attempts.hand_back(job.id, 1, Failure("storage is unavailable", "storage_unavailable"))
        claimed = world.attempts.claim(job.id, LEASE_SECONDS)
        assert (claimed.attempt, claimed.error_msg, claimed.error_code) == (2, "", None)

    def test_a_worker_that_names_no_lease_gets_the_generous_one(self, world: World) -> None:
        claimed = world.attempts.claim(world.created().id)
        assert claimed.lease_until == world.clock.time + LEGACY_LEASE

    def test_a_held_job_is_refused_until_its_lease_expired(self, world: World) -> None:
        job = world.claimed()
        world.clock.advance(LEASE)
        with pytest.raises(JobHeld, match=rf"Attempt 1 holds image job {job.id} until 2024-01-01T00:00:20\.000Z\.$"):
            world.attempts.claim(job.id)
        assert world.now(job) == job
        world.clock.advance(MILLISECOND)
        taken_over = world.attempts.claim(job.id)
        assert (taken_over.attempt, taken_over.lost_leases) == (2, 1)

    def test_a_record_without_attempt_and_lease_is_held_by_its_last_update(self, world: World) -> None:
        job = new_record(world.repository, status=JobStatus.PROCESSING)
        world.clock.advance(LEGACY_LEASE)
        with pytest.raises(JobHeld):
            world.attempts.claim(job.id)
        world.clock.advance(MILLISECOND)
        assert world.attempts.claim(job.id).attempt == 1

    def test_the_last_lost_lease_is_not_claimed_again(self, world: World) -> None:
        job = world.created()
        for _ in range(MAX_ATTEMPTS):
            world.attempts.claim(job.id, LEASE_SECONDS)
            world.clock.advance(LEASE + MILLISECOND)
        with pytest.raises(IllegalTransition, match="is FAILED"):
            world.attempts.claim(job.id)
        assert world.now(job).error_code == "attempts_exhausted"

    @pytest.mark.parametrize("expired", [False, True])
    def test_of_many_claims_at_once_one_wins(self, world: World, expired: bool) -> None:
        def claim(_: int) -> bool:
            start.wait()
            try:
                world.attempts.claim(job.id, LEASE_SECONDS)
            except JobConflict:
                return False
            return True

        job = world.claimed() if expired else world.created()
        world.clock.advance(LEASE * 2)
        start = Barrier(8)
        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(claim, range(8))) == 1
        assert world.now(job).attempt == (2 if expired else 1)


class TestRenew:
    def test_it_moves_the_end_of_the_lease_and_nothing_else(self, world: World) -> None:
        job = world.claimed()
        world.clock.advance(timedelta(seconds=5))
        renewed = world.attempts.renew(job.id, 1, 60)
        lease_until = world.clock.time + timedelta(seconds=60)
        assert renewed == replace(job, updated_at=world.clock.time, lease_until=lease_until)

    def test_one_that_names_no_lease_gets_the_generous_one_as_with_its_claim(self, world: World) -> None:
        job = world.attempts.claim(world.created().id)
        world.clock.advance(timedelta(seconds=5))
        assert world.attempts.renew(job.id, 1).lease_until == world.clock.time + LEGACY_LEASE

    def test_a_late_renewal_holds_if_nobody_took_over(self, world: World) -> None:
        job = world.claimed()
        world.clock.advance(LEASE * 2)
        world.attempts.renew(job.id, 1, LEASE_SECONDS)
        assert world.repair.run_once().leases_expired == 0
        assert world.attempts.complete(job.id, 1, world.output(job)).status == JobStatus.COMPLETED


class TestFencing:
    @pytest.mark.parametrize("name", ["renew", "complete", "fail"])
    def test_after_handing_back_the_attempt_is_over(self, world: World, name: str) -> None:
        job = world.claimed()
        world.attempts.hand_back(job.id, 1, FAILURE)
        with pytest.raises(StaleAttempt):
            OPERATIONS[name][1](world, job)

    @pytest.mark.parametrize("name", ["renew", "complete", "fail"])
    def test_after_the_lease_was_put_back_the_attempt_is_over(self, world: World, name: str) -> None:
        job = world.claimed()
        world.clock.advance(LEASE + MILLISECOND)
        world.repair.run_once()
        with pytest.raises(StaleAttempt):
            OPERATIONS[name][1](world, job)

    @pytest.mark.parametrize("name", ["renew", "hand back", "complete", "fail"])
    def test_after_another_took_over_only_that_one_counts(self, world: World, name: str) -> None:
        zombie = world.claimed()
        world.clock.advance(LEASE + MILLISECOND)
        holder = world.attempts.claim(zombie.id, LEASE_SECONDS)
        with pytest.raises(StaleAttempt):
            OPERATIONS[name][1](world, zombie)
        assert world.now(zombie) == holder
        assert world.attempts.complete(holder.id, 2, world.output(holder)).attempt == 2

    @pytest.mark.parametrize("name", ["complete", "fail"])
    def test_after_a_retry_the_attempt_that_failed_is_over(self, world: World, name: str) -> None:
        job = world.claimed()
        world.attempts.fail(job.id, 1, FAILURE)
        world.jobs.retry(job.id)
        with pytest.raises(StaleAttempt):
            OPERATIONS[name][1](world, job)

    def test_of_an_attempt_that_completes_and_one_that_takes_over_at_once_one_wins(self, world: World) -> None:
        def act(complete: bool) -> bool:
            start.wait()
            try:
                if complete:
                    world.attempts.complete(job.id, 1, output)
                else:
                    world.attempts.claim(job.id, LEASE_SECONDS)
            except JobConflict:
                return False
            return True

        for _ in range(20):
            job = world.claimed()
            output = world.output(job)
            world.clock.advance(LEASE + MILLISECOND)
            start = Barrier(2)
            with ThreadPoolExecutor(2) as pool:
                assert sum(pool.map(act, (True, False))) == 1

    def test_a_worker_that_sends_no_attempt_is_not_fenced(self, world: World) -> None:
        job = new_record(world.repository)
        world.attempts.claim(job.id)
        world.clock.advance(LEGACY_LEASE + MILLISECOND)
        world.attempts.claim(job.id)
        done = world.attempts.complete(job.id, None, Output("optimized/test-optimized.webp"))
        assert (done.status, done.attempt) == (JobStatus.COMPLETED, 2)


class TestHandBack:
    def test_the_job_is_pending_at_once_with_the_reason(self, world: World) -> None:
        job = world.claimed()
        world.clock.advance(timedelta(seconds=1))
        handed_back = world.attempts.hand_back(job.id, 1, Failure("x" * 3000, "storage_unavailable"))
        now = world.clock.time
        assert handed_back == replace(
            job,
            status=JobStatus.PENDING,
            lease_until=None,
            enqueued_at=None,
            updated_at=now,
            error_msg="x" * MAX_ERROR_MESSAGE,
            error_code="storage_unavailable",
        )

    def test_without_a_message_to_come_the_next_pass_pushes_one(self, world: World) -> None:
        job = world.claimed()
        world.queue.messages.clear()
        world.attempts.hand_back(job.id, 1, FAILURE)
        world.repair.run_once()
        assert world.queue.job_ids == [job.id]

    def test_one_that_comes_after_the_lease_expired_is_no_death(self, world: World) -> None:
        job = world.claimed()
        world.clock.advance(LEASE + MILLISECOND)
        world.repair.run_once()
        assert world.now(job).lost_leases == 1
        late = world.attempts.hand_back(job.id, 1, FAILURE)
        assert (late.status, late.lost_leases, late.error_code) == (JobStatus.PENDING, 0, FAILURE.code)
        assert world.attempts.hand_back(job.id, 1, FAILURE) == late, "once"

    def test_one_that_comes_late_takes_no_other_death_back(self, world: World) -> None:
        job = world.claimed()
        world.clock.advance(LEASE + MILLISECOND)
        world.attempts.claim(job.id, LEASE_SECONDS)
        world.attempts.hand_back(job.id, 2, FAILURE)
        assert world.attempts.hand_back(job.id, 2, FAILURE).lost_leases == 1
        with pytest.raises(StaleAttempt):
            world.attempts.hand_back(job.id, 1, FAILURE)

    def test_a_message_to_come_is_missed_only_some_time_after_it_is_due(self, world: World) -> None:
        job = world.claimed()
        world.queue.messages.clear()
        world.attempts.hand_back(job.id, 1, FAILURE, retry_in=40)
        world.clock.advance(timedelta(seconds=40) + PENDING_AFTER)
        world.repair.run_once()
        assert world.queue.job_ids == []
        world.clock.advance(MILLISECOND)
        world.repair.run_once()
        assert world.queue.job_ids == [job.id]

    def test_the_same_again_changes_nothing(self, world: World) -> None:
        job = world.claimed()
        first = world.attempts.hand_back(job.id, 1, FAILURE)
        world.clock.advance(LEASE)
        assert world.attempts.hand_back(job.id, 1, Failure("other")) == first


class TestComplete:
    def test_it_records_the_output_and_when_it_was_done(self, world: World) -> None:
        job = world.claimed()
        world.clock.advance(timedelta(seconds=1))
        output = world.output(job)
        done = world.attempts.complete(job.id, 1, output)
        assert done == replace(
            job,
            status=JobStatus.COMPLETED,
            output_image_key=output.key,
            output_image_url=world.storage.public_url(output.key),
            receipt=output.receipt,
            lease_until=None,
            processed_at=world.clock.time,
            updated_at=world.clock.time,
        )

    def test_a_named_url_is_kept(self, world: World) -> None:
        job = world.claimed()
        output = replace(world.output(job), url="https://cdn.invalid/1.webp")
        assert world.attempts.complete(job.id, 1, output).output_image_url == "https://cdn.invalid/1.webp"

    @pytest.mark.parametrize("attempt", [1, None])
    def test_the_same_again_changes_nothing_even_if_the_output_is_gone(self, world: World, attempt: int | None) -> None:
        job = world.claimed()
        output = world.output(job)
        done = world.attempts.complete(job.id, attempt, output)
        world.storage.delete(output.key)
        world.clock.advance(LEASE)
        assert world.attempts.complete(job.id, attempt, output) == done
        assert world.now(job) == done

    def test_the_same_twice_at_once_is_accepted_twice(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        job = world.claimed()
        output, head = replace(world.output(job), renditions=[], receipt={}), world.storage.head
        both_looked = Barrier(2)

        def slowly(key: str) -> ObjectInfo:
            both_looked.wait(10)
            return head(key)

        monkeypatch.setattr(world.storage, "head", slowly)
        with ThreadPoolExecutor(2) as pool:
            first, second = pool.map(lambda _: world.attempts.complete(job.id, 1, output), range(2))
        assert first == second == world.now(job)

    def test_a_different_one_is_refused(self, world: World) -> None:
        job = world.claimed()
        output = world.output(job)
        done = world.attempts.complete(job.id, 1, output)
        for other in (
            replace(output, url="https://elsewhere.invalid/"),
            Output("optimized/other.webp", done.output_image_url),
            replace(output, thumb_hash="another"),
            replace(output, renditions=[{"key": output.key, "width": 1}]),
            replace(output, receipt={"output": {"bytes": 2}}),
        ):
            with pytest.raises(IllegalTransition):
                world.attempts.complete(job.id, 1, other)
        with pytest.raises(IllegalTransition):
            world.attempts.fail(job.id, 1, FAILURE)
        assert world.now(job) == done

    @pytest.mark.parametrize("attempt", [1, None])
    @pytest.mark.parametrize(
        "key",
        ["optimized/../raw/1.webp", "/optimized/1.webp", "optimized/", "", "optimized//x", "optimized/my photo.webp"],
    )
    def test_a_key_that_is_none_is_refused(self, world: World, attempt: int | None, key: str) -> None:
        job = world.claimed()
        with pytest.raises(OutputNotAccepted, match=r"may contain only letters, digits, '-', '_', '\.' and '/'"):
            world.attempts.complete(job.id, attempt, Output(key))
        assert world.now(job) == job

    @pytest.mark.parametrize("attempt", [1, None])
    @pytest.mark.parametrize("key", ["raw/1.webp", "optimized", "other/optimized/1.webp"])
    def test_a_key_that_does_not_lie_under_the_prefix_is_refused(
        self, world: World, attempt: int | None, key: str
    ) -> None:
        job = world.claimed()
        with pytest.raises(
            OutputNotAccepted, match=f"The key '{key}' must start with this server's OUTPUT_PREFIX, 'optimized/'"
        ):
            world.attempts.complete(job.id, attempt, Output(key))
        assert world.now(job) == job

    def test_another_jobs_key_is_refused(self, world: World) -> None:
        job, other = world.claimed(), world.claimed()
        with pytest.raises(OutputNotAccepted, match=f"is not that of image job {job.id}"):
            world.attempts.complete(job.id, 1, world.output(other))

    def test_an_object_that_was_not_uploaded_is_refused(self, world: World) -> None:
        job = world.claimed()
        output = world.output(job)
        world.storage.delete(output.key)
        with pytest.raises(OutputNotAccepted, match="Upload it first"):
            world.attempts.complete(job.id, 1, output)
        assert world.now(job) == job

    def test_an_object_of_another_size_than_the_receipts_is_refused(self, world: World) -> None:
        job = world.claimed()
        output = replace(world.output(job), receipt=receipt(8))
        with pytest.raises(OutputNotAccepted, match="has 7 bytes, but 8 were reported"):
            world.attempts.complete(job.id, 1, output)

    def test_every_rendition_must_be_the_jobs_own_and_there(self, world: World) -> None:
        job = world.claimed()
        output = world.output(job)
        stem = output.key.removesuffix(".webp")
        world.storage.put(f"{stem}-640.webp", io.BytesIO(b"small"), 5, "image/webp")
        own = {"key": f"{stem}-640.webp", "url": "http://storage.invalid/x", "width": 640, "height": 480, "bytes": 5}
        wrong = [
            ({**own, "key": "raw/other.webp"}, "must start with"),
            ({**own, "key": "optimized/other-optimized-640.webp"}, "does not belong to image job"),
            ({**own, "key": f"{stem}-320.webp"}, "is not in storage"),
            ({**own, "bytes": 6}, "has 5 bytes, but 6 were reported"),
        ]
        for rendition, message in wrong:
            with pytest.raises(OutputNotAccepted, match=message):
                world.attempts.complete(job.id, 1, replace(output, renditions=[rendition]))
        done = world.attempts.complete(job.id, 1, replace(output, renditions=[own]))
        assert done.renditions == [own]

    def test_without_a_receipt_the_object_is_enough(self, world: World) -> None:
        job = world.claimed()
        assert world.attempts.complete(job.id, 1, replace(world.output(job), receipt=None)).receipt is None

    def test_while_storage_is_away_nothing_is_completed(self, world: World) -> None:
        job = world.claimed()
        output = world.output(job)
        world.storage.away = True
        with pytest.raises(StorageUnavailable):
            world.attempts.complete(job.id, 1, output)
        assert world.now(job) == job

    def test_unless_the_policy_says_so(self) -> None:
        world = World(JobPolicy(check_legacy_output=True))
        job = world.created()
        world.attempts.claim(job.id)
        with pytest.raises(OutputNotAccepted, match=r"'optimized/by-hand\.webp' is not in storage"):
            world.attempts.complete(job.id, None, Output("optimized/by-hand.webp"))
        world.storage.put("optimized/by-hand.webp", io.BytesIO(b"x"), 1, "image/webp")
        done = world.attempts.complete(job.id, None, Output("optimized/by-hand.webp"))
        assert done.status == JobStatus.COMPLETED

    def test_a_legacy_workers_output_is_not_looked_for(self, world: World) -> None:
        job = world.claimed()
        done = world.attempts.complete(job.id, None, Output("optimized/test-optimized.webp"))
        assert done.output_image_key == "optimized/test-optimized.webp"


class TestFail:
    def test_it_records_why_and_when(self, world: World) -> None:
        job = world.claimed()
        world.clock.advance(timedelta(seconds=1))
        failed = world.attempts.fail(job.id, 1, Failure("x" * 3000, "too_large", retryable=False))
        assert failed == replace(
            job,
            status=JobStatus.FAILED,
            error_msg="x" * MAX_ERROR_MESSAGE,
            error_code="too_large",
            retryable=False,
            lease_until=None,
            processed_at=world.clock.time,
            updated_at=world.clock.time,
        )

    @pytest.mark.parametrize("attempt", [1, None])
    def test_the_same_again_changes_nothing(self, world: World, attempt: int | None) -> None:
        job = world.claimed()
        failure = Failure("x" * 3000, "corrupt")
        failed = world.attempts.fail(job.id, attempt, failure)
        world.clock.advance(LEASE)
        assert world.attempts.fail(job.id, attempt, failure) == failed
        assert world.now(job) == failed

    @pytest.mark.parametrize(
        "other",
        [Failure("another", "corrupt"), Failure("broken", "truncated"), Failure("broken", "corrupt", retryable=True)],
    )
    def test_a_different_one_is_refused(self, world: World, other: Failure) -> None:
        job = world.claimed()
        failed = world.attempts.fail(job.id, 1, Failure("broken", "corrupt"))
        with pytest.raises(IllegalTransition):
            world.attempts.fail(job.id, 1, other)
        with pytest.raises(IllegalTransition):
            world.attempts.complete(job.id, 1, world.output(job))
        assert world.now(job) == failed

    def test_a_job_that_comes_to_completion_after_a_failure_and_a_retry_shows_no_error(self, world: World) -> None:
        job = world.claimed()
        world.attempts.fail(job.id, 1, FAILURE)
        world.jobs.retry(job.id)
        world.attempts.claim(job.id, LEASE_SECONDS)
        done = world.attempts.complete(job.id, 2, world.output(job))
        assert (done.error_msg, done.error_code, done.retryable) == ("", None, None)


class TestRefusals:
    """The operator of the worker reads the message: it names the job, its status, and the status that it cannot get."""

    def test_a_finished_job_is_named_with_what_it_cannot_become(self, world: World) -> None:
        job = world.claimed()
        world.attempts.complete(job.id, job.attempt, world.output(job))
        calls: tuple[tuple[JobStatus, Callable[[], Any]], ...] = (
            (JobStatus.PROCESSING, lambda: world.attempts.renew(job.id, job.attempt)),
            (JobStatus.PENDING, lambda: world.attempts.hand_back(job.id, job.attempt, Failure("x"))),
            (JobStatus.FAILED, lambda: world.attempts.fail(job.id, job.attempt, Failure("x"))),
        )
        for wanted, call in calls:
            with pytest.raises(IllegalTransition, match=f"{job.id} is COMPLETED and cannot become {wanted}"):
                call()

    def test_another_result_of_a_completed_job_and_another_failure_of_a_failed_one(self, world: World) -> None:
        completed, failed = world.claimed(), world.claimed()
        world.attempts.complete(completed.id, None, Output("optimized/a.webp"))
        world.attempts.fail(failed.id, None, Failure("x"))
        with pytest.raises(IllegalTransition, match="is COMPLETED and cannot become COMPLETED"):
            world.attempts.complete(completed.id, None, Output("optimized/b.webp"))
        with pytest.raises(IllegalTransition, match="is FAILED and cannot become FAILED"):
            world.attempts.fail(failed.id, None, Failure("y"))

    def test_a_job_that_is_gone_is_named(self, world: World) -> None:
        job = world.claimed()
        world.jobs.delete(job.id)
        with pytest.raises(JobNotFound, match=job.id):
            world.attempts.renew(job.id, job.attempt)
        with pytest.raises(JobNotFound, match=job.id):
            world.jobs.delete(job.id)
