"""What clients may do with jobs, and what is left if a service becomes unavailable in the middle."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from imagejobs.errors import BackingServiceUnavailable, DatabaseUnavailable, DuplicateKey
from imagejobs.jobs.creation import INSERTS
from imagejobs.jobs.errors import IdempotencyKeyReused, IllegalTransition, JobNotFound, QueueFull
from imagejobs.jobs.model import EntityType, Failure, ImageJob, JobStatus
from imagejobs.jobs.policy import JobPolicy
from imagejobs.jobs.records.change import Change, Guard, Transition
from imagejobs.jobs.records.port import JobFilter
from imagejobs.storage.keys import output_key
from imagejobs.storage.object_storage import ObjectNotFound, StorageUnavailable
from imagejobs.task_queue.task_queue import QueueUnavailable
from worlds.job_world import LEASE, MILLISECOND, PENDING_AFTER, AwayRepository, World, new_image, new_record

MISSING_ID = "655501d2f12a3d0f3c5a1002"
ANY = Guard(frozenset(JobStatus))

REFUSING = JobPolicy(accept_without_queue=False)
"""A policy that accepts nothing without a queue."""


def undo_refused(world: World) -> None:
    """Try once to undo each refused upload that is left."""
    for _ in range(len(world.jobs.refused.unsettled)):
        world.jobs.refused.try_again()


def assert_nothing_is_left(world: World) -> None:
    assert world.storage.stored_keys() == set()
    assert world.repository.all() == []
    assert world.queue.job_ids == []


@contextmanager
def lost_insert(world: World) -> Iterator[None]:
    """In the block each insert takes effect but raises, as if its answer was lost, and no record can be removed."""

    def insert(job: ImageJob) -> None:
        AwayRepository.insert(world.repository, job)
        refuse()

    def refuse(*_: object) -> bool:
        raise DatabaseUnavailable("connection reset")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world.repository, "insert", insert)
        patch.setattr(world.repository, "remove", refuse)
        yield


class TestCreate:
    def test_it_leaves_an_object_a_record_and_a_message(self, world: World) -> None:
        job = world.created()
        assert world.now(job) == job
        assert (job.status, job.attempt, job.enqueued_at) == (JobStatus.PENDING, 0, world.clock.time)
        assert (job.entity_type, job.entity_id) == (EntityType.EVENT, "event-1")
        assert (job.mimetype, job.original_filename, job.file_size) == ("image/jpeg", "photo.jpg", 7)
        assert job.source_image_url == world.storage.public_url(job.source_image_key)
        stored = world.storage.stored(job.source_image_key)
        assert (stored.body, stored.info.content_type) == (b"picture", "image/jpeg")
        assert world.queue.job_ids == [job.id]

    def test_a_file_that_was_read_before_is_stored_from_its_start(self, world: World) -> None:
        image = new_image()
        image.file.read()
        (job,) = world.jobs.create(EntityType.EVENT, "event-1", [image])
        assert world.storage.get(job.source_image_key, 100) == b"picture"

    def test_the_raw_key_begins_with_the_time_in_milliseconds(self, world: World) -> None:
        unix_ms = round(world.clock.time.timestamp() * 1000)
        assert re.fullmatch(rf"raw/{unix_ms}-[0-9a-f]{{12}}\.jpg", world.created().source_image_key)

    def test_several_images_are_pushed_in_their_order(self, world: World) -> None:
        jobs = world.create(3)
        assert world.queue.job_ids == [job.id for job in jobs]
        assert len({job.source_image_key for job in jobs}) == 3

    @pytest.mark.parametrize("stored", [0, 1, 2])
    def test_when_storage_goes_away_midway_nothing_is_recorded_or_pushed(self, world: World, stored: int) -> None:
        world.storage.puts_left = stored
        with pytest.raises(StorageUnavailable):
            world.create(3)
        assert world.repository.all() == []
        assert world.queue.job_ids == []
        assert len(world.storage.stored_keys()) == stored, "what cannot be deleted now is left for the sweep"

    @pytest.mark.parametrize("inserted", [0, 1, 2])
    def test_when_the_database_goes_away_midway_nothing_is_left(self, world: World, inserted: int) -> None:
        world.repository.inserts_left = inserted
        with pytest.raises(DatabaseUnavailable):
            world.create(3)
        assert_nothing_is_left(world)

    def test_a_record_that_cannot_be_taken_back_keeps_its_object_until_it_can(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object) -> bool:
            raise DatabaseUnavailable("not primary")

        with monkeypatch.context() as patch:
            patch.setattr(world.repository, "remove", refuse)
            world.repository.inserts_left = 1
            with pytest.raises(DatabaseUnavailable):
                world.create(2)
            undo_refused(world)
            (left,) = world.repository.all()
            assert left.source_image_key in world.storage.stored_keys()
        undo_refused(world)
        assert_nothing_is_left(world)
        assert not world.jobs.refused.unsettled

    def test_an_insert_whose_answer_is_lost_is_taken_back_once_the_database_is_there(self, world: World) -> None:
        with lost_insert(world), pytest.raises(DatabaseUnavailable):
            world.create()
        assert len(world.repository.all()) == 1, "it is not known whether it is there"
        undo_refused(world)
        assert_nothing_is_left(world)

    def test_unless_it_was_sent_again_under_its_key_meanwhile(self, world: World) -> None:
        with lost_insert(world), pytest.raises(DatabaseUnavailable):
            world.create(key="key-1")
        (job,) = world.create(key="key-1")
        undo_refused(world)
        assert world.now(job).id == job.id
        assert job.source_image_key in world.storage.stored_keys()

    def test_a_first_job_that_is_at_work_when_a_later_image_is_refused_is_taken_back_too(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put = world.storage.put

        def put_slowly(*arguments: object) -> None:
            if world.repository.all():
                world.clock.advance(PENDING_AFTER * 2)
                world.repair.run_once()
                claimed = world.attempts.claim(world.queue.job_ids[0], LEASE.total_seconds())
                put(output_key(claimed.source_image_key, "optimized/"), new_image().file, 7, "image/webp")
                raise StorageUnavailable("full")
            put(*arguments)  # type: ignore[arg-type]  # the arguments of put

        monkeypatch.setattr(world.storage, "put", put_slowly)
        with pytest.raises(StorageUnavailable):
            world.create(2)
        assert world.repository.all() == []
        assert world.storage.stored_keys() == set()

    @pytest.mark.parametrize("service", ["database", "queue"])
    def test_when_a_service_is_away_before_nothing_is_stored(self, service: str) -> None:
        world = World(REFUSING)
        (world.repository if service == "database" else world.queue).away = True
        with pytest.raises(BackingServiceUnavailable):
            world.create()
        world.queue.away = False
        assert_nothing_is_left(world)

    def test_a_full_queue_refuses(self) -> None:
        world = World(JobPolicy(max_queue_length=2))
        world.create(2)
        with pytest.raises(QueueFull, match="2 messages wait on the task queue, the limit is 2"):
            world.create()
        assert len(world.repository.all()) == len(world.storage.stored_keys()) == 2

    def test_without_a_queue_jobs_are_accepted(self, world: World) -> None:
        world.queue.away = True
        job = world.created()
        assert job.waits_for_queue
        assert world.now(job).enqueued_at is None, "so that the reconciler pushes it first"
        world.queue.away = False
        world.repair.run_once()
        assert world.queue.job_ids == [job.id]

    def test_a_queue_that_goes_away_after_the_check_does_not_undo_the_acceptance(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(_: object) -> None:
            raise QueueUnavailable("Connection refused")

        with monkeypatch.context() as patch:
            patch.setattr(world.queue, "push", fail)
            jobs = world.create(2)
        assert all(job.waits_for_queue for job in jobs)
        assert [world.now(job).enqueued_at for job in jobs] == [None, None]
        world.repair.run_once()
        assert world.queue.job_ids == [job.id for job in jobs]

    def test_nor_does_a_database_that_goes_away_right_after_it(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail_to_push(_: object) -> None:
            raise QueueUnavailable("Connection refused")

        def fail_to_change(*_: object) -> None:
            raise DatabaseUnavailable("not primary")

        with monkeypatch.context() as patch:
            patch.setattr(world.queue, "push", fail_to_push)
            patch.setattr(world.repository, "change", fail_to_change)
            job = world.created()
        assert world.now(job).enqueued_at is not None, "it seems queued, so the reconciler waits before it looks"
        world.clock.advance(PENDING_AFTER + MILLISECOND)
        world.repair.run_once()
        assert world.queue.job_ids == [job.id]


class TestIdempotencyKey:
    def test_the_same_upload_again_is_the_same_job_and_no_second_message(self, world: World) -> None:
        (first,) = world.create(key="key")
        assert world.create(key="key") == [first]
        assert world.queue.job_ids == [first.id]
        assert world.storage.stored_keys() == {first.source_image_key}

    def test_it_answers_the_job_as_it_is_now(self, world: World) -> None:
        (first,) = world.create(key="key")
        claimed = world.attempts.claim(first.id)
        assert world.create(key="key") == [claimed]

    def test_another_image_or_entity_under_the_key_is_refused(self, world: World) -> None:
        world.create(key="key")
        with pytest.raises(IdempotencyKeyReused, match=r"was used for another upload \(image job [0-9a-f]{24}\)"):
            world.create(key="key", body=b"another")
        for entity_type, entity_id in ((EntityType.EVENT, "event-2"), (EntityType.OTHER, "event-1")):
            with pytest.raises(IdempotencyKeyReused):
                world.jobs.create(entity_type, entity_id, [new_image()], "key")
        assert len(world.repository.all()) == len(world.storage.stored_keys()) == 1

    def test_of_many_uploads_at_once_one_makes_the_job(self, world: World) -> None:
        def upload(_: int) -> str:
            start.wait()
            return world.create(key="key")[0].id

        start = Barrier(8)
        with ThreadPoolExecutor(8) as pool:
            made = set(pool.map(upload, range(8)))
        (job,) = world.repository.all()
        assert made == {job.id}
        assert world.storage.stored_keys() == {job.source_image_key}
        assert world.queue.job_ids == [job.id]

    def test_one_that_loses_the_race_answers_the_winners_job_and_takes_its_object_back(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (first,) = world.create(key="key")
        find, not_yet = world.repository.find_by_idempotency_key, iter([None])
        monkeypatch.setattr(world.repository, "find_by_idempotency_key", lambda key: next(not_yet, find(key)))
        assert world.create(key="key") == [first]
        assert world.repository.all() == [first]
        assert world.storage.stored_keys() == {first.source_image_key}

    def test_after_a_deletion_the_key_is_free(self, world: World) -> None:
        (first,) = world.create(key="key")
        world.jobs.delete(first.id)
        (second,) = world.create(key="key")
        assert second.id != first.id

    def test_a_tombstone_under_the_key_is_finished_and_replaced(self, world: World) -> None:
        (first,) = world.create(key="key")
        world.storage.away = True
        with pytest.raises(StorageUnavailable):
            world.jobs.delete(first.id)
        with pytest.raises(StorageUnavailable):
            world.create(key="key")
        world.storage.away = False
        (second,) = world.create(key="key")
        assert second.status == JobStatus.PENDING
        assert world.repository.all() == [second]
        assert world.storage.stored_keys() == {second.source_image_key}

    def test_a_key_that_others_take_and_free_all_the_time_is_refused_in_the_end(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        inserts = []

        def insert(job: ImageJob) -> None:
            inserts.append(job)
            raise DuplicateKey("key-1")

        monkeypatch.setattr(world.repository, "insert", insert)
        with pytest.raises(IdempotencyKeyReused, match=r"^Other requests use and delete this Idempotency-Key at this"):
            world.create(key="key-1")
        assert len(inserts) == INSERTS
        assert_nothing_is_left(world)


class TestRead:
    def test_a_missing_job_is_not_found(self, world: World) -> None:
        with pytest.raises(JobNotFound, match=MISSING_ID):
            world.jobs.get(MISSING_ID)

    def test_a_tombstone_is_not_found(self, world: World) -> None:
        with pytest.raises(JobNotFound):
            world.jobs.get(new_record(world.repository, status=JobStatus.DELETING).id)

    def test_a_cursor_is_given_while_there_are_more(self, world: World) -> None:
        jobs = world.create(3)[::-1]
        page, cursor = world.jobs.page(JobFilter(), 2)
        assert (list(page), cursor) == (jobs[:2], jobs[1].id)
        page, cursor = world.jobs.page(JobFilter(before=cursor), 2)
        assert (list(page), cursor) == (jobs[2:], None)
        page, cursor = world.jobs.page(JobFilter(), 3)
        assert (len(page), cursor) == (3, None)

    def test_a_page_reads_one_record_more_than_it_shows(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[int] = []

        def page(_: JobFilter, limit: int) -> list[ImageJob]:
            asked.append(limit)
            return []

        monkeypatch.setattr(world.repository, "page", page)
        world.jobs.page(JobFilter(), 20)
        assert asked == [21]


class TestRetry:
    def test_a_failed_job_is_pending_again_cleared_and_pushed(self, world: World) -> None:
        job = world.claimed()
        world.attempts.fail(job.id, 1, Failure("broken", "corrupt", retryable=False))
        world.repository.change(job.id, Transition(ANY, Change(increments=frozenset({"lost_leases"}))))
        world.queue.messages.clear()
        world.clock.advance(LEASE)
        retried = world.jobs.retry(job.id)
        assert (
            world.now(job)
            == retried
            == replace(
                job,
                status=JobStatus.PENDING,
                started_at=None,
                lease_until=None,
                enqueued_at=world.clock.time,
                updated_at=world.clock.time,
            )
        )
        assert world.queue.job_ids == [job.id]

    @pytest.mark.parametrize("status", [JobStatus.PENDING, JobStatus.PROCESSING, JobStatus.COMPLETED])
    def test_any_other_status_is_refused_and_nothing_is_pushed(self, world: World, status: JobStatus) -> None:
        job = new_record(world.repository, status=status)
        with pytest.raises(IllegalTransition, match=f"is {status} and cannot become PENDING"):
            world.jobs.retry(job.id)
        assert world.queue.job_ids == []
        assert world.now(job) == job

    def test_missing_and_deleted_jobs_are_not_found(self, world: World) -> None:
        for job_id in (MISSING_ID, new_record(world.repository, status=JobStatus.DELETING).id):
            with pytest.raises(JobNotFound):
                world.jobs.retry(job_id)

    def test_of_many_retries_at_once_one_pushes(self, world: World) -> None:
        def retry(_: int) -> bool:
            start.wait()
            try:
                world.jobs.retry(job.id)
            except IllegalTransition:
                return False
            return True

        job = new_record(world.repository, status=JobStatus.FAILED)
        start = Barrier(8)
        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(retry, range(8))) == 1
        assert world.queue.job_ids == [job.id]

    def test_without_a_queue_the_job_is_pending_and_waits_for_it(self, world: World) -> None:
        job = new_record(world.repository, status=JobStatus.FAILED, enqueued_at=world.clock.time)
        world.queue.away = True
        assert world.jobs.retry(job.id).waits_for_queue
        assert world.now(job).waits_for_queue
        world.queue.away = False
        world.repair.run_once()
        assert world.queue.job_ids == [job.id]

    def test_or_stays_failed_where_the_policy_refuses(self) -> None:
        world = World(REFUSING)
        job = new_record(world.repository, status=JobStatus.FAILED)
        world.queue.away = True
        with pytest.raises(QueueUnavailable):
            world.jobs.retry(job.id)
        assert world.now(job) == job


class TestDelete:
    @pytest.mark.parametrize("status", [each for each in JobStatus if each != JobStatus.DELETING])
    def test_source_output_and_record_go_whatever_the_status(self, world: World, status: JobStatus) -> None:
        created = world.created()
        other = world.created()
        output = world.output(created)
        world.repository.remove(created.id, ANY)
        job = replace(created, status=status, output_image_key=output.key)
        world.repository.insert(job)
        world.jobs.delete(job.id)
        assert world.repository.all() == [other]
        assert world.storage.stored_keys() == {other.source_image_key}

    def test_an_output_that_was_uploaded_but_not_reported_goes_too(self, world: World) -> None:
        job = world.claimed()
        world.output(job)
        world.jobs.delete(job.id)
        assert world.storage.stored_keys() == set()

    def test_a_missing_job_is_not_found(self, world: World) -> None:
        with pytest.raises(JobNotFound):
            world.jobs.delete(MISSING_ID)

    def test_while_storage_is_away_the_job_is_gone_for_callers_and_a_second_delete_finishes(self, world: World) -> None:
        job = world.claimed()
        world.storage.away = True
        with pytest.raises(StorageUnavailable):
            world.jobs.delete(job.id)
        assert world.now(job).status == JobStatus.DELETING
        uses: tuple[Callable[[], Any], ...] = (
            lambda: world.jobs.get(job.id),
            lambda: world.jobs.retry(job.id),
            lambda: world.attempts.claim(job.id),
            lambda: world.attempts.renew(job.id, 1),
            lambda: world.attempts.fail(job.id, 1, Failure("x")),
        )
        for use in uses:
            with pytest.raises(JobNotFound):
                use()
        world.storage.away = False
        world.jobs.delete(job.id)
        assert_only_messages_are_left(world)

    def test_what_storage_kept_up_the_reconciler_finishes_later(self, world: World) -> None:
        job = world.created()
        world.storage.away = True
        with pytest.raises(StorageUnavailable):
            world.jobs.delete(job.id)
        world.storage.away = False
        world.clock.advance(PENDING_AFTER)
        assert world.repair.run_once().deletions_finished == 0, "the deletion may still be running"
        world.clock.advance(MILLISECOND)
        assert world.repair.run_once().deletions_finished == 1
        assert_only_messages_are_left(world)

    @pytest.mark.parametrize(
        "key", ["signing.key", "raw/../secret", "private/1.jpg", "optimized/../raw/1.jpg", "optimizedly/1.webp", ""]
    )
    def test_nothing_outside_of_its_folders_is_deleted(
        self, world: World, monkeypatch: pytest.MonkeyPatch, key: str
    ) -> None:
        deleted: list[str] = []
        monkeypatch.setattr(world.storage, "delete", deleted.append)
        job = new_record(world.repository, source_image_key=key, output_image_key=key, status=JobStatus.COMPLETED)
        world.jobs.delete(job.id)
        assert deleted == []
        with pytest.raises(JobNotFound):
            world.jobs.get(job.id)

    def test_an_output_that_a_legacy_worker_named_goes_too(self, world: World) -> None:
        job = new_record(world.repository, output_image_key="optimized/other.webp", status=JobStatus.COMPLETED)
        world.storage.put("optimized/other.webp", new_image().file, 7, "image/webp")
        world.jobs.delete(job.id)
        with pytest.raises(ObjectNotFound):
            world.storage.head("optimized/other.webp")


def assert_only_messages_are_left(world: World) -> None:
    assert world.repository.all() == []
    assert world.storage.stored_keys() == set()
