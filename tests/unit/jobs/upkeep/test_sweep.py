"""What a sweep deletes and what it must keep: references, names, ages, races, outages."""

import io
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from imagejobs.errors import BackingServiceUnavailable, DatabaseUnavailable
from imagejobs.jobs.model import Failure, JobStatus
from imagejobs.jobs.upkeep import sweep as sweep_module
from imagejobs.jobs.upkeep.sweep import BATCH, SUSPICIOUS, Kind, Sweep, SweepPolicy, Swept
from imagejobs.storage.keys import output_key, rendition_key
from imagejobs.storage.object_storage import StorageUnavailable
from worlds.job_world import LEASE, MILLISECOND, ORPHAN_AFTER, World, new_record
from worlds.memory_api import Line

RAW = "raw/{}-0123456789ab.jpg"


def put(world: World, key: str, body: bytes = b"bytes") -> str:
    world.storage.put(key, io.BytesIO(body), len(body), "image/jpeg")
    return key


def orphan(world: World, number: int = 0) -> str:
    """An upload without a record, by the clock of this world."""
    return put(world, RAW.format(int(world.clock.time.timestamp() * 1000) + number))


def let_age(world: World) -> None:
    world.clock.advance(ORPHAN_AFTER + timedelta(seconds=1))


def swept(world: World, **options: bool) -> dict[Kind, Swept]:
    """One pass: the sum of its batches."""
    found = {kind: Swept() for kind in Kind}
    for kind, batch in world.sweep.run(**options):
        found[kind] += batch
    return found


def completed(world: World) -> str:
    """The id of a job with an output and a rendition."""
    job = world.claimed()
    output = world.output(job)
    small = put(world, rendition_key(output.key, 480))
    renditions = [
        {"key": key, "url": "x", "width": 2, "height": 1, "bytes": n} for key, n in ((output.key, 7), (small, 5))
    ]
    return world.attempts.complete(job.id, job.attempt, replace(output, renditions=renditions)).id


class TestReferences:
    def test_an_empty_storage_is_no_work(self, world: World) -> None:
        assert list(world.sweep.run()) == []

    def test_an_upload_without_a_record_is_deleted(self, world: World) -> None:
        orphan(world)
        let_age(world)
        assert swept(world)[Kind.SOURCE] == Swept(orphans=1, deleted=1, bytes=5)
        assert world.storage.stored_keys() == set()

    def test_the_outputs_of_a_job_that_is_gone_are_deleted(self, world: World) -> None:
        gone = output_key(RAW.format(1600000000000), "optimized/")
        put(world, gone)
        put(world, rendition_key(gone, 480))
        let_age(world)
        assert swept(world)[Kind.OUTPUT] == Swept(orphans=2, deleted=2, bytes=10)
        assert world.storage.stored_keys() == set()

    @pytest.mark.parametrize("status", JobStatus)
    def test_a_source_is_kept_whatever_became_of_its_job(self, world: World, status: JobStatus) -> None:
        key = orphan(world)
        new_record(world.repository, source_image_key=key, status=status)
        let_age(world)
        assert swept(world)[Kind.SOURCE] == Swept(referenced=1)
        assert world.storage.stored_keys() == {key}

    def test_all_that_a_completed_job_records_is_kept(self, world: World) -> None:
        completed(world)
        keys = world.storage.stored_keys()
        let_age(world)
        assert swept(world) == {Kind.SOURCE: Swept(referenced=1), Kind.OUTPUT: Swept(referenced=2)}
        assert world.storage.stored_keys() == keys
        assert len(keys) == 3

    def test_a_rendition_that_a_completed_job_does_not_record_is_deleted(self, world: World) -> None:
        job = world.repository.get(completed(world))
        assert job
        left = put(world, rendition_key(job.output_image_key or "", 160))
        let_age(world)
        assert swept(world)[Kind.OUTPUT] == Swept(referenced=2, orphans=1, deleted=1, bytes=5)
        assert left not in world.storage.stored_keys()

    def test_a_rendition_recorded_by_a_job_of_another_source_is_kept(self, world: World) -> None:
        key = put(world, rendition_key(output_key(RAW.format(1600000000000), "optimized/"), 480))
        new_record(
            world.repository, status=JobStatus.COMPLETED, output_image_key="optimized/x.webp", renditions=[{"key": key}]
        )
        let_age(world)
        assert swept(world)[Kind.OUTPUT] == Swept(referenced=1)

    @pytest.mark.parametrize("status", sorted(set(JobStatus) - {JobStatus.COMPLETED}))
    def test_what_a_worker_may_have_uploaded_for_an_unfinished_job_is_kept(
        self, world: World, status: JobStatus
    ) -> None:
        job = world.created()
        world.repository._jobs[job.id] = replace(job, status=status)
        output = put(world, output_key(job.source_image_key, "optimized/"))
        put(world, rendition_key(output, 480))
        let_age(world)
        assert swept(world)[Kind.OUTPUT] == Swept(referenced=2)
        assert len(world.storage.stored_keys()) == 3

    def test_a_retry_finds_its_source_after_a_sweep(self, world: World) -> None:
        job = world.claimed()
        world.attempts.fail(job.id, job.attempt, Failure("no", "corrupt"))
        let_age(world)
        swept(world)
        world.jobs.retry(job.id)
        claim = world.attempts.claim(job.id, LEASE.total_seconds())
        assert world.storage.get(claim.source_image_key, 100) == b"picture"

    def test_a_deleted_job_leaves_nothing_for_long(self, world: World) -> None:
        job_id = completed(world)
        raw = world.repository.get(job_id)
        assert raw
        world.jobs.delete(job_id)
        late = put(world, output_key(raw.source_image_key, "optimized/"))
        let_age(world)
        assert swept(world)[Kind.OUTPUT].deleted >= 1
        assert late not in world.storage.stored_keys()

    def test_outputs_lie_where_the_policy_says(self) -> None:
        world = World()
        world.sweep = Sweep(world.repository, world.storage, SweepPolicy("small/", ORPHAN_AFTER))
        name = "1600000000000-0123456789ab-optimized.webp"
        put(world, f"small/{name}")
        elsewhere = put(world, f"optimized/{name}")
        let_age(world)
        assert swept(world)[Kind.OUTPUT].deleted == 1
        assert world.storage.stored_keys() == {elsewhere}


class TestNamesAndAges:
    @pytest.mark.parametrize(
        "key",
        [
            "raw/photo.jpg",
            "raw/README",
            "raw/old/1600000000000-0123456789ab.jpg",
            "raw/1600000000000-0123456789ab.jpg.bak",
            "optimized/logo.webp",
            "optimized/1600000000000-0123456789ab.webp",
            "optimized/old/1600000000000-0123456789ab-optimized.webp",
        ],
    )
    def test_what_is_not_called_as_jobs_objects_are_is_only_counted(self, world: World, key: str) -> None:
        put(world, key)
        let_age(world)
        assert sum(swept(world).values(), Swept()) == Swept(foreign=1)
        assert world.storage.stored_keys() == {key}

    @pytest.mark.parametrize("key", ["backup/1600000000000-0123456789ab.jpg", "rawer/1600000000000-0123456789ab.jpg"])
    def test_what_lies_elsewhere_is_not_looked_at(self, world: World, key: str) -> None:
        put(world, key)
        let_age(world)
        assert sum(swept(world).values(), Swept()) == Swept()
        assert world.storage.stored_keys() == {key}

    def test_a_young_object_is_kept_until_it_is_old(self, world: World) -> None:
        key = put(world, RAW.format(1600000000000))
        world.clock.advance(ORPHAN_AFTER)
        assert swept(world)[Kind.SOURCE] == Swept(young=1)
        assert world.storage.stored_keys() == {key}
        world.clock.advance(MILLISECOND)
        assert swept(world)[Kind.SOURCE].deleted == 1

    def test_an_upload_that_the_database_calls_young_is_kept_however_slow_the_storages_clock(
        self, world: World
    ) -> None:
        key = RAW.format(int((world.clock.time + ORPHAN_AFTER).timestamp() * 1000))
        put(world, key)
        let_age(world)
        assert swept(world)[Kind.SOURCE] == Swept(young=1)
        world.clock.advance(ORPHAN_AFTER)
        assert swept(world)[Kind.SOURCE].deleted == 1

    def test_an_output_written_anew_is_young_again(self, world: World) -> None:
        key = output_key(RAW.format(1600000000000), "optimized/")
        put(world, key)
        let_age(world)
        put(world, key)
        assert swept(world)[Kind.OUTPUT] == Swept(young=1)

    def test_a_dry_run_deletes_nothing_and_finds_the_same(self, world: World) -> None:
        keys = {orphan(world), put(world, output_key(RAW.format(1600000000000), "optimized/"))}
        let_age(world)
        dry = swept(world, dry_run=True)
        assert world.storage.stored_keys() == keys
        assert dry == {kind: Swept(orphans=1, bytes=5) for kind in Kind}
        assert {kind: replace(found, deleted=0) for kind, found in swept(world).items()} == dry

    def test_each_deletion_is_told(self, world: World, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO, "imagejobs.jobs.upkeep.sweep")
        key = orphan(world)
        let_age(world)
        swept(world, dry_run=True)
        assert caplog.messages == []
        swept(world)
        assert caplog.messages == [f"deleted the orphan {key}: 5 bytes, modified 2024-01-01 00:00:00+00:00"]


class TestRaces:
    def test_a_source_whose_record_appears_after_the_batch_was_asked_for_is_kept(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        keys = [orphan(world, n) for n in range(2)]
        let_age(world)
        after_first_answer(
            monkeypatch, world, "sources_among", lambda: new_record(world.repository, source_image_key=keys[1])
        )
        assert swept(world)[Kind.SOURCE] == Swept(referenced=1, orphans=1, deleted=1, bytes=5)
        assert world.storage.stored_keys() == {keys[1]}

    def test_an_output_whose_job_appears_after_the_batch_was_asked_for_is_kept(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        keys = [put(world, output_key(RAW.format(1600000000000 + n), "optimized/")) for n in range(2)]
        let_age(world)
        after_first_answer(
            monkeypatch,
            world,
            "outputs_among",
            lambda: new_record(
                world.repository, source_image_key=RAW.format(1600000000001), status=JobStatus.PROCESSING
            ),
        )
        assert swept(world)[Kind.OUTPUT] == Swept(referenced=1, orphans=1, deleted=1, bytes=5)
        assert world.storage.stored_keys() == {keys[1]}

    def test_a_job_that_appears_while_another_orphan_is_deleted_keeps_its_source(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        keys = [orphan(world, n) for n in range(3)]
        let_age(world)
        real = world.storage.delete

        def delete(key: str) -> None:
            real(key)
            new_record(world.repository, source_image_key=keys[2])
            monkeypatch.undo()

        monkeypatch.setattr(world.storage, "delete", delete)
        assert swept(world)[Kind.SOURCE].deleted == 2
        assert world.storage.stored_keys() == {keys[2]}

    def test_another_sweep_in_the_middle_of_one_does_no_harm(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        completed(world)
        kept = world.storage.stored_keys()
        for n in range(1, 5):
            orphan(world, n)
        let_age(world)
        real = world.storage.delete

        def delete(key: str) -> None:
            monkeypatch.undo()
            assert swept(world)[Kind.SOURCE].deleted == 4
            real(key)

        monkeypatch.setattr(world.storage, "delete", delete)
        assert swept(world)[Kind.SOURCE].deleted == 4
        assert world.storage.stored_keys() == kept

    def test_an_upload_that_is_slow_to_get_its_record_is_not_swept(self, world: World) -> None:
        key = orphan(world)
        world.clock.advance(timedelta(minutes=10))
        swept(world)
        job = new_record(world.repository, source_image_key=key)
        let_age(world)
        swept(world)
        assert world.storage.get(job.source_image_key, 10) == b"bytes"


def after_first_answer(monkeypatch: pytest.MonkeyPatch, world: World, name: str, then: Callable[[], object]) -> None:
    """Do something once, right after the repository has answered this query for a whole batch."""
    real = getattr(world.repository, name)

    def answer(keys: Any) -> Any:
        found = real(keys)
        monkeypatch.undo()
        then()
        return found

    monkeypatch.setattr(world.repository, name, answer)


class TestOutages:
    @pytest.mark.parametrize("call", ["list", "delete"])
    def test_storage_that_goes_away_ends_the_pass_and_the_next_does_the_rest(self, world: World, call: str) -> None:
        for n in range(3):
            orphan(world, n)
        let_age(world)
        line: Any = Line(world.storage, StorageUnavailable("Connection refused"))
        line.cut_at = frozenset({call})
        cut = Sweep(world.repository, line, SweepPolicy("optimized/", ORPHAN_AFTER))
        with pytest.raises(StorageUnavailable):
            list(cut.run())
        assert len(world.storage.stored_keys()) == 3
        line.cut_at = frozenset()
        assert sum(batch.deleted for _, batch in cut.run()) == 3

    @pytest.mark.parametrize("call", ["now", "sources_among", "outputs_among", "is_output"])
    def test_a_database_that_goes_away_ends_the_pass_before_anything_is_deleted(self, world: World, call: str) -> None:
        key = orphan(world) if call in {"now", "sources_among"} else ""
        output = put(world, output_key(RAW.format(1600000000000), "optimized/"))
        let_age(world)
        line: Any = Line(world.repository, DatabaseUnavailable("not primary"))
        line.cut_at = frozenset({call})
        cut = Sweep(line, world.storage, SweepPolicy("optimized/", ORPHAN_AFTER))
        with pytest.raises(BackingServiceUnavailable):
            list(cut.run())
        assert world.storage.stored_keys() == {key, output} - {""}
        line.cut_at = frozenset()
        assert sum(batch.deleted for _, batch in cut.run()) == len({key, output} - {""})

    def test_what_was_deleted_before_an_outage_stays_deleted(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        keys = [orphan(world, n) for n in range(3)]
        let_age(world)
        real = world.storage.delete

        def delete(key: str) -> None:
            real(key)
            world.storage.away = True

        monkeypatch.setattr(world.storage, "delete", delete)
        with pytest.raises(StorageUnavailable):
            swept(world)
        world.storage.away = False
        assert world.storage.stored_keys() == set(keys[1:])
        monkeypatch.undo()
        assert swept(world)[Kind.SOURCE].deleted == 2


class TestBounds:
    def test_a_batch_is_one_question_and_each_orphan_one_more(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sweep_module, "BATCH", 10)
        jobs = world.create(25)
        orphan(world, 100)
        let_age(world)
        asked: list[int] = []
        real = world.repository.sources_among

        def spy(keys: Any) -> Any:
            asked.append(len(keys))
            return real(keys)

        monkeypatch.setattr(world.repository, "sources_among", spy)
        sizes = [batch.objects for _, batch in world.sweep.run()]
        assert sizes == [10, 10, 6]
        assert sorted(asked) == [1, 6, 10, 10]
        assert len(world.storage.stored_keys()) == len(jobs)

    def test_a_rendition_is_known_from_the_batchs_question_though_its_output_is_in_another(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sweep_module, "BATCH", 1)
        for _ in range(3):
            completed(world)
        let_age(world)
        line: Any = Line(world.repository, DatabaseUnavailable("not primary"))
        line.cut_at = frozenset({"is_output"})
        found = list(Sweep(line, world.storage, SweepPolicy("optimized/", ORPHAN_AFTER)).run())
        assert sum((batch for _, batch in found), Swept()) == Swept(referenced=9)

    def test_a_listing_is_read_only_as_far_as_the_batch_goes(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sweep_module, "BATCH", 10)
        world.create(100)
        let_age(world)
        read: list[str] = []
        real = world.storage.list

        def spy(prefix: str) -> Any:
            for info in real(prefix):
                read.append(info.key)
                yield info

        monkeypatch.setattr(world.storage, "list", spy)
        passing = world.sweep.run()
        next(passing)
        assert len(read) == 10
        next(passing)
        assert len(read) == 20

    def test_nobody_is_asked_about_young_or_foreign_objects(self, world: World) -> None:
        orphan(world)
        put(world, "raw/photo.jpg")
        put(world, "optimized/logo.webp")
        line: Any = Line(world.repository, DatabaseUnavailable("not primary"))
        line.cut_at = frozenset({"sources_among", "outputs_among", "is_output"})
        found = list(Sweep(line, world.storage, SweepPolicy("optimized/", ORPHAN_AFTER)).run())
        assert sum((batch for _, batch in found), Swept()) == Swept(young=1, foreign=2)


class TestHoldingBack:
    """A database with records of almost none of the objects is probably the wrong one."""

    def fill(self, world: World, orphans: int, jobs: int) -> None:
        world.create(jobs)
        for n in range(orphans):
            orphan(world, n)
        let_age(world)

    def test_where_most_has_no_record_nothing_is_deleted(self, world: World, caplog: pytest.LogCaptureFixture) -> None:
        self.fill(world, SUSPICIOUS, SUSPICIOUS - 1)
        assert swept(world)[Kind.SOURCE] == Swept(referenced=SUSPICIOUS - 1, held_back=SUSPICIOUS)
        assert len(world.storage.stored_keys()) == 2 * SUSPICIOUS - 1
        assert "100 of 199 old objects" in caplog.text
        assert "imagejobs sweep --all" in caplog.text

    @pytest.mark.parametrize(("orphans", "jobs"), [(SUSPICIOUS - 1, 0), (SUSPICIOUS, SUSPICIOUS)])
    def test_fewer_are_deleted(self, world: World, orphans: int, jobs: int) -> None:
        self.fill(world, orphans, jobs)
        assert swept(world)[Kind.SOURCE].deleted == orphans
        assert len(world.storage.stored_keys()) == jobs

    def test_a_person_may_say_that_all_go(self, world: World) -> None:
        self.fill(world, BATCH + 1, 0)
        assert swept(world, hold_back=False)[Kind.SOURCE].deleted == BATCH + 1
        assert world.storage.stored_keys() == set()
