"""The conformance suite of ImageJobRepository: in memory and over MongoDB's wire protocol alike."""

import secrets
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from bson import ObjectId
from imagejobs.connections import mongodb as database_module
from imagejobs.connections.mongodb import Database
from imagejobs.embedded.services.mongodb import mongodb_uri
from imagejobs.embedded.services.ports import free_port
from imagejobs.errors import DatabaseUnavailable, DuplicateKey
from imagejobs.jobs.model import FIELD_NAMES, EntityType, ImageJob, JobStatus
from imagejobs.jobs.records.memory import MemoryImageJobRepository
from imagejobs.jobs.records.mongo import MongoImageJobRepository, create_indexes
from imagejobs.jobs.records.port import Change, Guard, ImageJobRepository, JobFilter
from pymongo.collection import Collection
from servers.fixtures import MONGODB
from servers.processes import mongo_server, silent_server
from worlds.job_world import new_record, receipt

THREADS = 8
SECOND = timedelta(seconds=1)
ANY = Guard(frozenset(JobStatus))
PENDING = Guard(frozenset({JobStatus.PENDING}))
MISSING_ID = "655501d2f12a3d0f3c5a1002"
MOMENT = datetime(2024, 1, 1, 12, 30, 15, 123_000, tzinfo=UTC)

FULL: dict[str, Any] = {
    "entity_type": EntityType.REPORT,
    "entity_id": "report/Übersicht",
    "source_image_url": "http://storage.invalid/raw/1.jpg",
    "source_image_key": "raw/1.jpg",
    "output_image_url": "http://storage.invalid/optimized/1-optimized.webp",
    "output_image_key": "optimized/1-optimized.webp",
    "status": JobStatus.COMPLETED,
    "error_msg": "an error",
    "error_code": "corrupt",
    "retryable": False,
    "original_filename": "Foto 1.jpg",
    "mimetype": "image/jpeg",
    "file_size": 3_000_000_000,
    "created_at": MOMENT,
    "updated_at": MOMENT + SECOND,
    "processed_at": MOMENT + 2 * SECOND,
    "enqueued_at": MOMENT + 3 * SECOND,
    "started_at": MOMENT + 4 * SECOND,
    "lease_until": MOMENT + 5 * SECOND,
    "attempt": 3,
    "lost_leases": 2,
    "revision": 7,
    "renditions": [{"key": "optimized/1-optimized.webp", "url": "http://x", "width": 2, "height": 1, "bytes": 5}],
    "thumb_hash": "HkiKHAQPVViIOIiA",
    "dominant_color": "#b0706f",
    "receipt": receipt(5),
    "source_sha256": "ab" * 32,
    "idempotency_key": "key-1",
}


@contextmanager
def opened(port: int) -> Iterator[Database]:
    """A database of its own, with the indexes that `imagejobs create-indexes` makes."""
    database = Database(mongodb_uri(port, f"test_{secrets.token_hex(6)}"))
    try:
        create_indexes()
        yield database
    finally:
        database.close()


@pytest.fixture
def database(mongodb_port: int) -> Iterator[Database]:
    with opened(mongodb_port) as database:
        yield database


@pytest.fixture
def mongo(database: Database) -> MongoImageJobRepository:
    return MongoImageJobRepository(database)


@pytest.fixture
def documents(database: Database) -> Collection[dict[str, Any]]:
    """The collection as another program sees it."""
    return database._client.get_default_database()["image_jobs"]


@pytest.fixture(params=["memory", *MONGODB])
def repository(request: pytest.FixtureRequest) -> Iterator[ImageJobRepository]:
    if request.param == "memory":
        yield MemoryImageJobRepository()
        return
    with opened(request.getfixturevalue(request.param)) as database:
        yield MongoImageJobRepository(database)


def ids(jobs: Any) -> list[str]:
    return [job.id for job in jobs]


class TestRecording:
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


class TestChange:
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
        assert repository.change(job.id, guard, Change({"error_msg": "changed"}, frozenset({"attempt"}))) is None
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
        assert repository.change(changing.id, guard, Change({"error_msg": "changed"}))
        assert repository.remove(removed.id, guard) is True
        assert repository.get(removed.id) is None
        assert repository.get(other.id) == other

    def test_a_job_that_was_never_claimed_has_attempt_0(self, repository: ImageJobRepository) -> None:
        job = new_record(repository)
        assert repository.change(job.id, Guard(PENDING.status, attempt=0), Change({"error_msg": "changed"}))

    def test_each_change_is_counted_and_makes_a_guard_of_before_fail(self, repository: ImageJobRepository) -> None:
        job = new_record(repository)
        for revision in range(3):
            guard = Guard(PENDING.status, revision=revision)
            changed = repository.change(job.id, guard, Change({"updated_at": job.updated_at}))
            assert changed
            assert changed.revision == revision + 1
            assert repository.change(job.id, guard, Change({"error_msg": "changed"})) is None
        found = repository.get(job.id)
        assert found
        assert found.revision == 3

    def test_a_missing_job_is_not_made(self, repository: ImageJobRepository) -> None:
        assert repository.change(MISSING_ID, ANY, Change({"error_msg": "changed"})) is None
        assert repository.remove(MISSING_ID, ANY) is False
        assert repository.get(MISSING_ID) is None

    def test_of_many_claims_exactly_one_wins(self, repository: ImageJobRepository) -> None:
        def claim(_: int) -> bool:
            start.wait()
            change = Change({"status": JobStatus.PROCESSING}, frozenset({"attempt"}))
            return repository.change(job.id, PENDING, change) is not None

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
            repository.change(job.id, PENDING, Change({}, frozenset({"attempt"})))

        job = new_record(repository)
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(count, range(80)))
        found = repository.get(job.id)
        assert found
        assert found.attempt == 80


class TestLists:
    def test_a_page_is_newest_first_without_tombstones(self, repository: ImageJobRepository) -> None:
        made = [new_record(repository, status=status).id for status in JobStatus]
        visible = [each for each, status in zip(made, JobStatus, strict=True) if status != JobStatus.DELETING]
        assert ids(repository.page(JobFilter(), 10)) == visible[::-1]

    def test_tombstones_are_listed_where_they_are_asked_for(self, repository: ImageJobRepository) -> None:
        made = [new_record(repository, status=JobStatus.DELETING).id for _ in range(3)]
        new_record(repository)
        new_record(repository, status=JobStatus.DELETING, entity_id="event-2")
        wanted = JobFilter(entity_type=EntityType.EVENT, entity_id="event-1", status=JobStatus.DELETING)
        assert ids(repository.page(wanted, 2)) == made[:0:-1]

    def test_pages_go_on_after_the_cursor_without_gap_or_repetition(self, repository: ImageJobRepository) -> None:
        made = [new_record(repository).id for _ in range(5)]
        first = ids(repository.page(JobFilter(), 2))
        second = ids(repository.page(JobFilter(before=first[-1]), 2))
        third = ids(repository.page(JobFilter(before=second[-1]), 2))
        assert first + second + third == made[::-1]

    def test_a_page_holds_what_the_filter_asks_for(self, repository: ImageJobRepository) -> None:
        wanted = new_record(repository, status=JobStatus.FAILED)
        new_record(repository)
        new_record(repository, status=JobStatus.FAILED, entity_id="event-2")
        new_record(repository, status=JobStatus.FAILED, entity_type=EntityType.OTHER)
        whole = JobFilter(entity_type=EntityType.EVENT, entity_id="event-1", status=JobStatus.FAILED)
        assert ids(repository.page(whole, 10)) == [wanted.id]
        assert len(repository.page(JobFilter(status=JobStatus.FAILED), 10)) == 3
        assert len(repository.page(JobFilter(entity_type=EntityType.OTHER), 10)) == 1
        assert len(repository.page(JobFilter(entity_id="event-1"), 10)) == 3

    def test_pages_of_a_filter_go_on_within_it(self, repository: ImageJobRepository) -> None:
        failed = []
        for _ in range(3):
            new_record(repository)
            failed.append(new_record(repository, status=JobStatus.FAILED))
        wanted = JobFilter(status=JobStatus.FAILED, before=failed[2].id)
        assert ids(repository.page(wanted, 10)) == [failed[1].id, failed[0].id]

    def test_the_order_of_an_entitys_jobs_is_that_of_their_ids(self, repository: ImageJobRepository) -> None:
        new_ids = [repository.new_id() for _ in range(3)]
        for new_id in reversed(new_ids):
            new_record(repository, id=new_id)
        assert ids(repository.of_entities(EntityType.EVENT, ["event-1"])) == new_ids

    def test_the_jobs_of_entities_are_oldest_first_without_tombstones(self, repository: ImageJobRepository) -> None:
        wanted = [new_record(repository, entity_id=each).id for each in ("a", "b", "a")]
        new_record(repository, entity_id="c")
        new_record(repository, entity_id="a", entity_type=EntityType.REPORT)
        new_record(repository, entity_id="a", status=JobStatus.DELETING)
        assert ids(repository.of_entities(EntityType.EVENT, ["a", "b", "none"])) == wanted
        assert ids(repository.of_entities(EntityType.EVENT, [])) == []

    def test_jobs_are_counted_by_status(self, repository: ImageJobRepository) -> None:
        for status in (JobStatus.PENDING, JobStatus.PENDING, JobStatus.FAILED):
            new_record(repository, status=status)
        counts = repository.count_by_status()
        assert {status: counts.get(status, 0) for status in JobStatus} == {
            JobStatus.PENDING: 2,
            JobStatus.PROCESSING: 0,
            JobStatus.COMPLETED: 0,
            JobStatus.FAILED: 1,
            JobStatus.DELETING: 0,
        }
        assert {status: repository.count(status) for status in JobStatus} == {
            status: counts.get(status, 0) for status in JobStatus
        }

    def test_the_last_completed_are_the_latest(self, repository: ImageJobRepository) -> None:
        made = [
            new_record(repository, status=JobStatus.COMPLETED, processed_at=MOMENT + seconds * SECOND).id
            for seconds in (2, 3, 1)
        ]
        new_record(repository, status=JobStatus.FAILED, processed_at=MOMENT + 9 * SECOND)
        new_record(repository, status=JobStatus.COMPLETED)
        assert ids(repository.last_completed(10)) == [made[1], made[0], made[2]]
        assert ids(repository.last_completed(2)) == [made[1], made[0]]

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
        repository.change(job.id, PENDING, Change({"enqueued_at": None}))
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
        """Those without a lease before the others: the limit is for both together."""
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


SOURCE = "raw/1700000000000-0123456789ab.jpg"
START = "raw/1700000000000-0123456789ab."
OUTPUT = "optimized/1700000000000-0123456789ab-optimized.webp"
SMALL = "optimized/1700000000000-0123456789ab-optimized-480.webp"
RENDITIONS = [{"key": key, "url": "x", "width": 2, "height": 1, "bytes": 5} for key in (OUTPUT, SMALL)]
OTHERS = {"source_image_key": "raw/1700000000001-0123456789ab.jpg", "output_image_key": "optimized/x-optimized.webp"}


class TestReferences:
    def test_sources_are_those_of_jobs_in_every_status(self, repository: ImageJobRepository) -> None:
        keys = [new_record(repository, source_image_key=f"raw/{s}.jpg", status=s).source_image_key for s in JobStatus]
        assert repository.sources_among([*keys, "raw/none.jpg", "raw/PENDING"]) == set(keys)
        assert repository.sources_among([keys[1]]) == {keys[1]}
        assert repository.sources_among(["raw/none.jpg"]) == set()
        assert repository.sources_among([]) == set()

    def test_many_sources_are_asked_for_at_once_in_any_order(self, repository: ImageJobRepository) -> None:
        for n in range(0, 20, 2):
            new_record(repository, source_image_key=f"raw/{n:02}.jpg")
        asked = [f"raw/{n:02}.jpg" for n in (*range(500), 7, 4)][::-1]
        assert repository.sources_among(asked) == {f"raw/{n:02}.jpg" for n in range(0, 20, 2)}

    @pytest.mark.parametrize("status", JobStatus)
    def test_outputs_come_with_their_renditions(self, repository: ImageJobRepository, status: JobStatus) -> None:
        new_record(repository, status=status, output_image_key=OUTPUT, renditions=RENDITIONS)
        new_record(repository, **OTHERS)
        new_record(repository)
        assert repository.outputs_among([OUTPUT, "optimized/none.webp"]) == {OUTPUT, SMALL}
        assert repository.outputs_among([OUTPUT, OTHERS["output_image_key"]]) == {
            OUTPUT,
            SMALL,
            OTHERS["output_image_key"],
        }
        assert repository.outputs_among([SMALL, "optimized/none.webp"]) == set()
        assert repository.outputs_among([]) == set()

    @pytest.mark.parametrize("status", JobStatus)
    def test_a_recorded_output_or_rendition_is_one_in_every_status(
        self, repository: ImageJobRepository, status: JobStatus
    ) -> None:
        new_record(repository, **OTHERS, status=status)
        new_record(repository, source_image_key="raw/y.jpg", status=status, renditions=RENDITIONS)
        assert repository.is_output(OTHERS["output_image_key"], START)
        assert repository.is_output(SMALL, START)
        assert not repository.is_output(SMALL.replace("480", "481"), START)
        assert not repository.is_output("optimized/x-optimized-480.webp", START)

    @pytest.mark.parametrize("status", JobStatus)
    def test_a_job_that_has_not_completed_may_come_to_its_output(
        self, repository: ImageJobRepository, status: JobStatus
    ) -> None:
        new_record(repository, source_image_key=SOURCE, status=status)
        new_record(repository, source_image_key="raw/1700000000000-0123456789ac.jpg")
        new_record(repository, source_image_key="raw/1700000000000-0123456789abc.jpg")
        assert repository.is_output(OUTPUT, START) == (status != JobStatus.COMPLETED)
        assert not repository.is_output(OUTPUT, "raw/1700000000000-0123456789aa.")

    def test_completed_jobs_come_by_their_ids_page_after_page(self, repository: ImageJobRepository) -> None:
        new_ids = sorted(repository.new_id() for _ in range(5))
        for new_id in reversed(new_ids):
            new_record(repository, id=new_id, status=JobStatus.COMPLETED)
            for status in set(JobStatus) - {JobStatus.COMPLETED}:
                new_record(repository, status=status)
        assert ids(repository.completed_after(None, 2)) == new_ids[:2]
        assert ids(repository.completed_after(new_ids[1], 2)) == new_ids[2:4]
        assert ids(repository.completed_after(new_ids[3], 2)) == new_ids[4:]
        assert ids(repository.completed_after(new_ids[4], 2)) == []


def foreign(**changes: Any) -> dict[str, Any]:
    """A document as a backend on mongoose writes it; None leaves a field out."""
    document = {
        "_id": ObjectId(),
        "entityType": "event",
        "entityId": "655501d2f12a3d0f3c5a1001",
        "sourceImageURL": "https://pub.invalid/raw/1.jpg",
        "sourceImageKey": "raw/1.jpg",
        "status": "PENDING",
        "errorMsg": "",
        "originalFilename": "photo.jpg",
        "mimetype": "image/jpeg",
        "fileSize": 1234567,
        "createdAt": MOMENT,
        "updatedAt": MOMENT,
        "__v": 0,
        "tags": [{"by": ObjectId(MISSING_ID), "at": MOMENT}],
    }
    return {name: value for name, value in (document | changes).items() if value is not None}


class TestDocumentsOfOtherPrograms:
    def test_they_are_read(self, mongo: MongoImageJobRepository, documents: Collection[dict[str, Any]]) -> None:
        document = foreign()
        documents.insert_one(document)
        assert mongo.get(str(document["_id"])) == ImageJob(
            id=str(document["_id"]),
            entity_type=EntityType.EVENT,
            entity_id="655501d2f12a3d0f3c5a1001",
            source_image_url="https://pub.invalid/raw/1.jpg",
            source_image_key="raw/1.jpg",
            original_filename="photo.jpg",
            mimetype="image/jpeg",
            file_size=1234567,
            created_at=MOMENT,
            updated_at=MOMENT,
        )

    def test_what_they_lack_is_empty_and_their_ids_time(
        self, mongo: MongoImageJobRepository, documents: Collection[dict[str, Any]]
    ) -> None:
        document: dict[str, Any] = {"_id": ObjectId(), "entityType": "event", "status": "PROCESSING"}
        documents.insert_one(document)
        made = document["_id"].generation_time
        job = ImageJob(
            id=str(document["_id"]),
            entity_type=EntityType.EVENT,
            entity_id="",
            source_image_url="",
            source_image_key="",
            status=JobStatus.PROCESSING,
            created_at=made,
            updated_at=made,
        )
        assert mongo.get(job.id) == job
        assert mongo.leases_expired(made, made, 10) == []
        assert mongo.leases_expired(made, made + SECOND, 10) == [job]

    def test_a_change_keeps_what_it_does_not_know(
        self, mongo: MongoImageJobRepository, documents: Collection[dict[str, Any]]
    ) -> None:
        document = foreign()
        documents.insert_one(document)
        values = {"status": JobStatus.PROCESSING, "lease_until": MOMENT + SECOND, "error_code": None}
        assert mongo.change(str(document["_id"]), Guard(PENDING.status, 0), Change(values, frozenset({"attempt"})))
        assert documents.find_one() == document | {
            "status": "PROCESSING",
            "leaseUntil": MOMENT + SECOND,
            "attempt": 1,
            "revision": 1,
        }

    def test_our_documents_have_the_guides_names_and_nothing_empty(
        self, mongo: MongoImageJobRepository, documents: Collection[dict[str, Any]]
    ) -> None:
        job = new_record(mongo)
        assert documents.find_one() == {
            "_id": ObjectId(job.id),
            "entityType": "event",
            "entityId": "event-1",
            "sourceImageURL": job.source_image_url,
            "sourceImageKey": job.source_image_key,
            "status": "PENDING",
            "errorMsg": "",
            "createdAt": job.created_at,
            "updatedAt": job.updated_at,
            "attempt": 0,
            "lostLeases": 0,
            "revision": 0,
        }

    def test_every_field_is_stored_under_its_name_and_a_removed_one_is_gone(
        self, mongo: MongoImageJobRepository, documents: Collection[dict[str, Any]]
    ) -> None:
        job = new_record(mongo, **FULL)
        stored = documents.find_one()
        assert stored
        assert stored.keys() == set(FIELD_NAMES.values())
        assert stored["sourceSha256"] == FULL["source_sha256"]
        mongo.change(job.id, ANY, Change(dict.fromkeys(("receipt", "lease_until"))))
        stored = documents.find_one()
        assert stored
        assert stored.keys() == set(FIELD_NAMES.values()) - {"receipt", "leaseUntil"}

    @pytest.mark.parametrize("attempt", [{}, {"attempt": 0}])
    def test_attempt_0_is_a_missing_one_too(
        self, mongo: MongoImageJobRepository, documents: Collection[dict[str, Any]], attempt: dict[str, int]
    ) -> None:
        document = foreign() | attempt
        documents.insert_one(document)
        assert mongo.change(str(document["_id"]), Guard(PENDING.status, 1), Change({"error_msg": "x"})) is None
        assert mongo.change(str(document["_id"]), Guard(PENDING.status, 0, 1), Change({"error_msg": "x"})) is None
        assert mongo.change(str(document["_id"]), Guard(PENDING.status, 0, 0), Change({"error_msg": "x"}))

    def test_a_status_in_lower_case_is_the_same_status(
        self, mongo: MongoImageJobRepository, documents: Collection[dict[str, Any]]
    ) -> None:
        finished = foreign(status="completed", processedAt=MOMENT)
        waiting = foreign(status="pending")
        running = foreign(status="processing")
        documents.insert_many([finished, waiting, running])
        new_record(mongo)
        new_record(mongo, status=JobStatus.COMPLETED)
        assert ids(mongo.last_completed(10)) == [str(finished["_id"])]
        assert len(mongo.page(JobFilter(), 10)) == 5
        assert len(mongo.page(JobFilter(status=JobStatus.COMPLETED), 10)) == 2
        assert str(waiting["_id"]) in ids(mongo.pending_since(MOMENT, 10))
        assert ids(mongo.leases_expired(MOMENT, MOMENT + SECOND, 10)) == [str(running["_id"])]
        counts = mongo.count_by_status()
        assert [counts[each] for each in (JobStatus.PENDING, JobStatus.COMPLETED)] == [2, 2]
        assert [mongo.count(each) for each in (JobStatus.PENDING, JobStatus.COMPLETED)] == [2, 2]
        assert len(mongo.of_entities(EntityType.EVENT, ["655501d2f12a3d0f3c5a1001"])) == 3
        changed = mongo.change(str(waiting["_id"]), PENDING, Change({"error_msg": "x"}))
        assert changed
        assert changed.status == JobStatus.PENDING

    def test_their_objects_are_theirs_whatever_else_they_hold(
        self, mongo: MongoImageJobRepository, documents: Collection[dict[str, Any]]
    ) -> None:
        documents.insert_many(
            [
                foreign(status="ARCHIVED", sourceImageKey=SOURCE),
                foreign(status="completed", sourceImageKey="raw/2.jpg", outputImageKey="optimized/2-optimized.webp"),
                foreign(status=None, sourceImageKey="raw/3.jpg"),
                foreign(outputImageKey=OUTPUT, renditions=[{"width": 2}, {"key": SMALL}]),
                foreign(sourceImageKey=None, outputImageKey="optimized/4-optimized.webp", renditions=[]),
            ]
        )
        assert mongo.sources_among([SOURCE, "raw/2.jpg", "raw/3.jpg", "raw/4.jpg"]) == {
            SOURCE,
            "raw/2.jpg",
            "raw/3.jpg",
        }
        assert mongo.outputs_among([OUTPUT, "optimized/4-optimized.webp"]) == {
            OUTPUT,
            SMALL,
            "optimized/4-optimized.webp",
        }
        assert mongo.is_output("optimized/5.webp", START)
        assert mongo.is_output("optimized/5.webp", "raw/3.")
        assert not mongo.is_output("optimized/5.webp", "raw/2.")
        assert len(mongo.completed_after(None, 10)) == 1
        documents.insert_one(foreign(outputImageKey="optimized/6.webp", renditions=["nonsense"]))
        assert mongo.outputs_among(["optimized/6.webp"]) == {"optimized/6.webp"}

    def test_a_kind_of_entity_or_a_status_that_only_others_know_does_not_hide_the_rest(
        self, mongo: MongoImageJobRepository, documents: Collection[dict[str, Any]]
    ) -> None:
        club = foreign(entityType="club")
        documents.insert_many([club, foreign(status="ARCHIVED")])
        job = new_record(mongo)
        listed = mongo.page(JobFilter(), 10)
        assert ids(listed) == [job.id, str(club["_id"])]
        assert listed[1].entity_type == EntityType.OTHER
        assert len(mongo.pending_since(MOMENT, 10)) == 2
        assert mongo.count_by_status() == {JobStatus.PENDING: 2}
        mongo.change(str(club["_id"]), PENDING, Change({"error_msg": "x"}))
        stored = documents.find_one({"_id": club["_id"]})
        assert stored
        assert stored["entityType"] == "club"


class TestDatabase:
    def test_indexes_may_be_made_again(self, database: Database, documents: Collection[dict[str, Any]]) -> None:
        create_indexes()
        made = {tuple(name for name, _ in index["key"].items()) for index in documents.list_indexes()}
        assert made >= {
            ("entityType", "entityId"),
            ("status", "enqueuedAt"),
            ("status", "leaseUntil"),
            ("status", "processedAt"),
            ("idempotencyKey",),
            ("sourceImageKey",),
            ("outputImageKey",),
            ("renditions.key",),
        }
        database.ping()

    def test_the_clock_is_the_servers(self, mongodb_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
        told = datetime(2031, 5, 6, 7, 8, 9, 999_000, tzinfo=UTC)
        monkeypatch.setattr(Database, "_server_time", lambda _: told)
        with opened(mongodb_port) as database:
            assert told <= MongoImageJobRepository(database).now() < told + SECOND

    def test_without_a_server_every_call_says_so_in_time(self) -> None:
        assert_every_call_says_away(Database(mongodb_uri(free_port()), selection_timeout_ms=50))

    def test_a_server_that_never_answers_is_given_up_in_time(self) -> None:
        with silent_server() as port:
            assert_every_call_says_away(Database(mongodb_uri(port), selection_timeout_ms=50))

    def test_a_server_that_freezes_is_given_up_in_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(database_module, "SOCKET_TIMEOUT_MS", 300)
        with mongo_server() as server:
            database = Database(mongodb_uri(server.port), selection_timeout_ms=300)
            MongoImageJobRepository(database).ping()
            server.process.send_signal(signal.SIGSTOP)
            try:
                assert_every_call_says_away(database)
            finally:
                server.process.send_signal(signal.SIGCONT)


def assert_every_call_says_away(database: Database) -> None:
    """At once, by many callers, and closes the database."""
    repository = MongoImageJobRepository(database)
    calls: list[Callable[[], object]] = [
        repository.ping,
        lambda: repository.get(MISSING_ID),
        lambda: repository.insert(ImageJob(id=MISSING_ID, **FULL)),
        lambda: repository.find_by_idempotency_key("key"),
        lambda: repository.change(MISSING_ID, ANY, Change({"error_msg": "x"})),
        lambda: repository.remove(MISSING_ID, ANY),
        lambda: repository.page(JobFilter(), 10),
        lambda: repository.of_entities(EntityType.EVENT, ["a"]),
        repository.count_by_status,
        lambda: repository.last_completed(1),
        lambda: repository.pending_since(MOMENT, 1),
        lambda: repository.leases_expired(MOMENT, MOMENT, 1),
        lambda: repository.deleting_since(MOMENT, 1),
        lambda: repository.sources_among([SOURCE]),
        lambda: repository.outputs_among([OUTPUT]),
        lambda: repository.is_output(OUTPUT, START),
        lambda: repository.completed_after(None, 1),
        repository.now,
        create_indexes,
    ]
    started = time.monotonic()
    try:
        with ThreadPoolExecutor(len(calls)) as pool:
            errors = [each.exception() for each in [pool.submit(call) for call in calls]]
    finally:
        database.close()
    assert {type(error) for error in errors} == {DatabaseUnavailable}, errors
    assert all("MongoDB is unavailable" in str(error) for error in errors)
    assert time.monotonic() - started < 5
