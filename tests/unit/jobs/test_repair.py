"""What a pass of the reconciler finds and repairs, and what it does not change."""

from datetime import timedelta

import pytest
from imagejobs.jobs import repair as repair_module
from imagejobs.jobs import transitions
from imagejobs.jobs.model import Failure, JobStatus
from imagejobs.jobs.repair import BATCH, SEARCH_AFTER, RepairReport
from imagejobs.storage.object_storage import StorageUnavailable
from imagejobs.task_queue.memory_task_queue import MemoryTaskQueueConsumer
from imagejobs.task_queue.task_queue import QueueUnavailable
from worlds.job_world import LEASE, LEGACY_LEASE, MAX_ATTEMPTS, MILLISECOND, PENDING_AFTER, World, new_record

FOREIGN = b'{"task_type":"send_mail","payload":{}}'
NOTHING = RepairReport()


def let_expire(world: World) -> None:
    world.clock.advance(LEASE + MILLISECOND)


class TestRequeue:
    def test_with_nothing_lost_nothing_is_done(self, world: World) -> None:
        world.create(3)
        world.claimed()
        assert world.repair.run_once() == NOTHING

    def test_a_lost_message_is_pushed_again_after_a_while(self, world: World) -> None:
        job = world.created()
        world.queue.messages.clear()
        world.clock.advance(PENDING_AFTER)
        assert world.repair.requeue_lost() == 0
        world.clock.advance(MILLISECOND)
        assert world.repair.run_once().requeued == 1
        assert world.queue.job_ids == [job.id]
        assert world.now(job).enqueued_at == world.clock.time
        assert world.repair.requeue_lost() == 0

    def test_a_job_that_was_never_pushed_is_pushed_at_once(self, world: World) -> None:
        job = new_record(world.repository)
        assert world.repair.requeue_lost() == 1
        assert world.queue.job_ids == [job.id]

    def test_a_long_backlog_does_not_multiply_itself(self, world: World) -> None:
        jobs = world.create(5)
        for _ in range(5 * SEARCH_AFTER):
            world.clock.advance(PENDING_AFTER * 2)
            assert world.repair.requeue_lost() == 0
        assert world.queue.job_ids == [job.id for job in jobs]

    def test_in_a_long_backlog_every_job_is_looked_for_in_its_turn(self, world: World) -> None:
        last = world.create(BATCH + 1)[-1]
        lost = world.queue.messages.pop()
        world.queue.push_raw(FOREIGN)
        world.clock.advance(SEARCH_AFTER * PENDING_AFTER + MILLISECOND)
        assert world.repair.requeue_lost() == 0
        assert world.repair.requeue_lost() == 1
        assert world.queue.messages[-1] == lost
        assert world.queue.job_ids[-1] == last.id
        assert world.repair.requeue_lost() == 0

    def test_no_more_are_pushed_than_messages_are_missing(self, world: World) -> None:
        world.create(5)
        world.queue.messages.popleft()
        world.queue.messages.popleft()
        world.clock.advance(PENDING_AFTER * 2)
        assert world.repair.requeue_lost() == 2
        assert world.queue.length() == 5
        world.clock.advance(PENDING_AFTER * 2)
        assert world.repair.requeue_lost() == 0

    def test_a_list_that_others_fill_does_not_hide_a_lost_message_for_ever(self, world: World) -> None:
        job = world.created()
        world.queue.messages.clear()
        for _ in range(10):
            world.queue.push_raw(FOREIGN)
        world.clock.advance(SEARCH_AFTER * PENDING_AFTER)
        assert world.repair.requeue_lost() == 0
        world.clock.advance(MILLISECOND)
        assert world.repair.requeue_lost() == 1
        assert world.queue.job_ids == [job.id]
        assert world.repair.requeue_lost() == 0

    def test_of_two_reconcilers_at_once_one_pushes(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        def let_the_other_go_first() -> int:
            monkeypatch.undo()
            pushed.append(world.repair.requeue_lost())
            world.queue.messages.clear()  # a worker took them already: the length tells the slower one nothing
            return 0

        world.create(3)
        world.queue.messages.clear()
        world.clock.advance(PENDING_AFTER * 2)
        pushed: list[int] = []
        monkeypatch.setattr(world.queue, "length", let_the_other_go_first)
        assert world.repair.requeue_lost() == 0
        assert pushed == [3]
        assert world.queue.length() == 0

    def test_a_job_that_is_claimed_meanwhile_is_not_pushed(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        def let_a_worker_claim() -> int:
            world.attempts.claim(job.id)
            return 0

        job = world.created()
        world.queue.messages.clear()
        world.clock.advance(PENDING_AFTER * 2)
        with monkeypatch.context() as patch:
            patch.setattr(world.queue, "length", let_a_worker_claim)
            assert world.repair.requeue_lost() == 0
        assert world.queue.job_ids == []

    def test_jobs_that_are_all_claimed_meanwhile_are_not_lost(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.created()
        world.queue.messages.clear()
        world.clock.advance(PENDING_AFTER * 2)
        monkeypatch.setattr(world.repository, "count", lambda _: 0)
        assert world.repair.requeue_lost() == 0

    def test_when_the_push_fails_the_next_pass_does_it(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(_: object) -> None:
            raise QueueUnavailable("Connection refused")

        job = world.created()
        world.queue.messages.clear()
        world.clock.advance(PENDING_AFTER * 2)
        with monkeypatch.context() as patch:
            patch.setattr(world.queue, "push", fail)
            assert world.repair.requeue_lost() == 0, (
                "a full batch that is refused must not make the next pass come at once"
            )
        assert world.now(job).enqueued_at is None
        assert world.repair.requeue_lost() == 1
        assert world.queue.job_ids == [job.id]

    def test_while_redis_is_away_the_pass_says_so_and_leases_are_seen_to(self, world: World) -> None:
        job = world.claimed()
        let_expire(world)
        world.queue.away = True
        with pytest.raises(QueueUnavailable):
            world.repair.run_once()
        assert world.now(job).status == JobStatus.PENDING

    def test_a_pass_is_bounded(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(repair_module, "BATCH", 2)
        world.create(5)
        world.queue.messages.clear()
        world.clock.advance(PENDING_AFTER * 2)
        assert [world.repair.requeue_lost() for _ in range(4)] == [2, 2, 1, 0]


class TestExpireLease:
    def test_a_lost_job_is_pending_again_and_pushed_in_the_same_pass(self, world: World) -> None:
        job = world.claimed()
        world.queue.messages.clear()
        world.clock.advance(LEASE)
        assert world.repair.run_once() == NOTHING
        world.clock.advance(MILLISECOND)
        report = world.repair.run_once()
        assert (report.leases_expired, report.requeued) == (1, 1)
        found = world.now(job)
        assert (found.status, found.attempt, found.lost_leases) == (JobStatus.PENDING, 1, 1)
        assert found.lease_until is None
        assert world.queue.job_ids == [job.id]

    def test_after_exactly_the_allowed_number_of_lost_leases_the_job_fails(self, world: World) -> None:
        job = world.created()
        for lost in range(1, MAX_ATTEMPTS + 1):
            assert world.now(job).status == JobStatus.PENDING
            assert world.attempts.claim(job.id, LEASE.total_seconds()).attempt == lost
            let_expire(world)
            report = world.repair.run_once()
            assert report.attempts_exhausted == (lost == MAX_ATTEMPTS)
        failed = world.now(job)
        assert (failed.status, failed.error_code, failed.retryable) == (JobStatus.FAILED, "attempts_exhausted", True)
        assert failed.error_msg == f"{MAX_ATTEMPTS} workers died or hung while they processed this image."
        assert failed.processed_at == world.clock.time
        assert (failed.attempt, failed.lost_leases, failed.lease_until) == (MAX_ATTEMPTS, MAX_ATTEMPTS, None)
        assert world.repair.run_once() == NOTHING

    def test_handing_back_is_no_lost_lease(self, world: World) -> None:
        job = world.created()
        for _ in range(MAX_ATTEMPTS * 2):
            attempt = world.attempts.claim(job.id).attempt
            world.attempts.hand_back(job.id, attempt, Failure("storage is unavailable"))
        assert world.now(job).lost_leases == 0

    def test_after_a_retry_the_count_begins_anew(self, world: World) -> None:
        job = world.created()
        for _ in range(MAX_ATTEMPTS):
            world.attempts.claim(job.id, LEASE.total_seconds())
            let_expire(world)
            world.repair.run_once()
        world.jobs.retry(job.id)
        world.attempts.claim(job.id, LEASE.total_seconds())
        let_expire(world)
        assert world.repair.run_once().leases_expired == 1
        assert world.now(job).status == JobStatus.PENDING

    def test_a_record_of_another_program_expires_by_its_last_update(self, world: World) -> None:
        job = new_record(world.repository, status=JobStatus.PROCESSING)
        world.clock.advance(LEGACY_LEASE)
        assert world.repair.run_once() == NOTHING
        world.clock.advance(MILLISECOND)
        assert world.repair.run_once().leases_expired == 1
        assert world.now(job).status == JobStatus.PENDING

    def test_a_pass_is_bounded_and_none_of_it_is_spent_on_leases_that_hold(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(repair_module, "BATCH", 1)
        for _ in range(2):
            new_record(world.repository, status=JobStatus.PROCESSING)
        for _ in range(2):
            world.claimed()
        let_expire(world)
        assert [world.repair.run_once().leases_expired for _ in range(3)] == [1, 1, 0]

    @pytest.mark.parametrize("use", ["renewed", "completed", "taken over"])
    def test_a_job_that_moves_on_after_it_was_looked_at_is_left_alone(self, world: World, use: str) -> None:
        looked_at = world.claimed()
        let_expire(world)
        if use == "renewed":
            now = world.attempts.renew(looked_at.id, 1)
        elif use == "completed":
            now = world.attempts.complete(looked_at.id, 1, world.output(looked_at))
        else:
            now = world.attempts.claim(looked_at.id)
        assert world.repair.expire_lease(looked_at) is None
        assert world.now(looked_at) == now

    def test_of_two_reconcilers_at_once_one_counts_the_lost_lease(self, world: World) -> None:
        looked_at = world.claimed()
        let_expire(world)
        assert world.repair.expire_lease(looked_at)
        assert world.repair.expire_lease(looked_at) is None
        assert world.now(looked_at).lost_leases == 1

    @pytest.mark.parametrize("status", [each for each in JobStatus if each != JobStatus.PROCESSING])
    def test_only_jobs_in_work_have_leases(self, world: World, status: JobStatus) -> None:
        job = new_record(world.repository, status=status, lease_until=world.clock.time - timedelta(days=1))
        assert world.repair.expire_lease(job) is None


class TestDeletions:
    def test_a_pass_is_bounded(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(repair_module, "BATCH", 2)
        for _ in range(3):
            new_record(world.repository, status=JobStatus.DELETING)
        world.clock.advance(PENDING_AFTER * 2)
        assert [world.repair.finish_deletions() for _ in range(3)] == [2, 1, 0]

    def test_storage_away_leaves_the_tombstone_for_the_next_pass(self, world: World) -> None:
        new_record(world.repository, status=JobStatus.DELETING)
        world.clock.advance(PENDING_AFTER * 2)
        world.storage.away = True
        with pytest.raises(StorageUnavailable):
            world.repair.run_once()
        assert len(world.repository.all()) == 1
        world.storage.away = False
        world.clock.advance(PENDING_AFTER * 2)
        assert world.repair.run_once().deletions_finished == 1
        assert world.repository.all() == []

    def test_one_that_cannot_be_finished_does_not_keep_the_others_from_it(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def delete(key: str) -> None:
            if key == stuck.source_image_key:
                raise StorageUnavailable("locked")
            delete_for_good(key)

        delete_for_good = world.storage.delete
        stuck, other = world.create(2)
        for job in (stuck, other):
            world.repository.change(job.id, transitions.mark_deleted(world.repository.now()))
        monkeypatch.setattr(world.storage, "delete", delete)
        world.clock.advance(PENDING_AFTER * 2)
        with pytest.raises(StorageUnavailable):
            world.repair.finish_deletions()
        assert world.repair.finish_deletions() == 1
        assert [job.id for job in world.repository.all()] == [stuck.id]
        world.clock.advance(PENDING_AFTER * 2)
        with pytest.raises(StorageUnavailable):
            world.repair.finish_deletions()


class TestReclaim:
    def test_messages_of_a_dead_queue_adapter_go_back_to_the_list(self, world: World) -> None:
        job = world.created()
        dead = MemoryTaskQueueConsumer(world.queue, "dead")
        dead.take(0)
        assert world.repair.run_once() == NOTHING
        del world.queue.alive_until["dead"]
        assert world.repair.run_once() == RepairReport(reclaimed=1)
        assert world.queue.job_ids == [job.id]


@pytest.mark.parametrize("repair", ["requeued", "leases_expired", "attempts_exhausted", "deletions_finished"])
def test_a_report_is_full_when_one_repair_came_to_its_bound(repair: str) -> None:
    assert RepairReport(**{repair: BATCH}).is_full
    assert not RepairReport(**{repair: BATCH - 1}).is_full
    assert RepairReport(leases_expired=1, attempts_exhausted=BATCH - 1).is_full
    assert not RepairReport(reclaimed=BATCH).is_full


def test_a_pass_tells_put_back_and_given_up_jobs_apart(world: World) -> None:
    given_up = world.claimed()
    for _ in range(MAX_ATTEMPTS - 1):
        let_expire(world)
        assert world.repair.expire_lease(world.now(given_up))
        world.attempts.claim(given_up.id, LEASE.total_seconds())
    put_back = world.claimed()
    let_expire(world)

    report = world.repair.run_once()

    assert (report.leases_expired, report.attempts_exhausted) == (1, 1)
    assert (world.now(given_up).status, world.now(put_back).status) == (JobStatus.FAILED, JobStatus.PENDING)
