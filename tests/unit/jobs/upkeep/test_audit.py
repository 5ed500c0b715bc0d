"""Which COMPLETED jobs are reported as damaged."""

import io
from dataclasses import replace
from typing import Any

import pytest
from imagejobs.errors import DatabaseUnavailable
from imagejobs.jobs.model import ImageJob, JobStatus
from imagejobs.jobs.outputs import recorded_sizes
from imagejobs.jobs.upkeep import audit as audit_module
from imagejobs.jobs.upkeep.audit import Audit, AuditPage, Damage
from imagejobs.storage.keys import rendition_key
from imagejobs.storage.object_storage import StorageUnavailable
from worlds.job_world import World, new_record
from worlds.memory_api import Line


def completed(world: World, body: bytes = b"smaller") -> ImageJob:
    job = world.claimed()
    return world.attempts.complete(job.id, job.attempt, world.output(job, body))


def with_rendition(world: World) -> tuple[ImageJob, str]:
    job = completed(world)
    small = rendition_key(job.output_image_key or "", 480)
    world.storage.put(small, io.BytesIO(b"tiny"), 4, "image/webp")
    renditions: list[dict[str, Any]] = [{"key": job.output_image_key, "bytes": 7}, {"key": small, "bytes": 4}]
    world.repository._jobs[job.id] = replace(job, renditions=renditions)
    return world.now(job), small


def put(world: World, key: str | None, body: bytes) -> None:
    world.storage.put(key or "", io.BytesIO(body), len(body), "image/webp")


def damages(world: World) -> list[Damage]:
    return [damage for page in world.audit.run() for damage in page.damages]


def test_jobs_with_their_objects_are_sound(world: World) -> None:
    completed(world)
    with_rendition(world)
    assert list(world.audit.run()) == [AuditPage(2, (), None)]


def test_without_jobs_there_is_one_empty_page(world: World) -> None:
    assert list(world.audit.run()) == [AuditPage(0, (), None)]


def test_a_missing_output_is_found(world: World) -> None:
    job = completed(world)
    completed(world)
    world.storage.delete(job.output_image_key or "")
    assert damages(world) == [Damage(job.id, job.output_image_key, 7, None)]
    assert str(damages(world)[0]) == f"{job.output_image_key} is missing"


def test_an_output_of_another_size_is_found(world: World) -> None:
    job = completed(world)
    put(world, job.output_image_key, b"cut")
    assert damages(world) == [Damage(job.id, job.output_image_key, 7, 3)]
    assert str(damages(world)[0]) == f"{job.output_image_key} has 3 bytes instead of 7"


def test_a_rendition_that_is_missing_or_differs_is_found(world: World) -> None:
    job, small = with_rendition(world)
    put(world, small, b"cut")
    assert damages(world) == [Damage(job.id, small, 4, 3)]
    world.storage.delete(small)
    assert damages(world) == [Damage(job.id, small, 4, None)]


def test_a_completed_job_without_a_key_is_found(world: World) -> None:
    job = new_record(world.repository, status=JobStatus.COMPLETED)
    assert damages(world) == [Damage(job.id, None, None, None)]
    assert str(damages(world)[0]) == "has no outputImageKey"


def test_of_a_foreign_workers_output_only_its_being_there_is_asked(world: World) -> None:
    job = new_record(world.repository, status=JobStatus.COMPLETED, output_image_key="optimized/test-optimized.webp")
    put(world, job.output_image_key, b"whatever")
    assert damages(world) == []
    world.storage.delete(job.output_image_key or "")
    assert damages(world) == [Damage(job.id, job.output_image_key, None, None)]


@pytest.mark.parametrize("status", sorted(set(JobStatus) - {JobStatus.COMPLETED}))
def test_jobs_that_have_not_completed_owe_nothing(world: World, status: JobStatus) -> None:
    new_record(world.repository, status=status, output_image_key="optimized/none.webp")
    assert damages(world) == []


def test_a_job_that_is_deleted_meanwhile_is_no_damage(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    job = completed(world)
    real = world.storage.head

    def head(key: str) -> Any:
        monkeypatch.undo()
        world.jobs.delete(job.id)
        return real(key)

    monkeypatch.setattr(world.storage, "head", head)
    assert damages(world) == []


def test_nothing_is_changed(world: World) -> None:
    job = completed(world)
    world.storage.delete(job.output_image_key or "")
    before = (world.repository.all(), world.storage.stored_keys())
    assert damages(world)
    assert (world.repository.all(), world.storage.stored_keys()) == before


def test_pages_are_bounded_and_go_on_where_one_ended(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_module, "PAGE", 3)
    jobs = [completed(world) for _ in range(7)]
    heads: list[str] = []
    real = world.storage.head

    def head(key: str) -> Any:
        heads.append(key)
        return real(key)

    monkeypatch.setattr(world.storage, "head", head)
    page = world.audit.page()
    assert (page.jobs, page.cursor, len(heads)) == (3, jobs[2].id, 3)
    assert [each.jobs for each in world.audit.run(page.cursor)] == [3, 1]
    assert heads == [job.output_image_key for job in jobs]


def test_a_last_page_that_is_full_is_followed_by_an_empty_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_module, "PAGE", 2)
    jobs = [completed(world) for _ in range(2)]
    assert [(page.jobs, page.cursor) for page in world.audit.run()] == [(2, jobs[1].id), (0, None)]


def test_an_outage_is_no_damage(world: World) -> None:
    completed(world)
    world.storage.away = True
    with pytest.raises(StorageUnavailable):
        damages(world)
    world.storage.away = False
    line: Any = Line(world.repository, DatabaseUnavailable("not primary"))
    line.is_cut = True
    with pytest.raises(DatabaseUnavailable):
        Audit(line, world.storage).page()


@pytest.mark.parametrize(
    ("renditions", "receipt", "sizes"),
    [
        (None, None, {"a": None}),
        (None, {"output": {"bytes": 5}}, {"a": 5}),
        ([{"key": "a", "bytes": 4}, {"key": "b", "bytes": 2}], None, {"a": 4, "b": 2}),
        ([{"key": "a", "bytes": 4}], {"output": {"bytes": 5}}, {"a": 5}),
        ([{"key": "b"}, {"width": 3}], {"output": "nonsense"}, {"a": None, "b": None}),
        ([], {}, {"a": None}),
    ],
)
def test_what_a_record_says_of_sizes(renditions: Any, receipt: Any, sizes: dict[str, int | None]) -> None:
    assert recorded_sizes("a", renditions, receipt) == sizes
