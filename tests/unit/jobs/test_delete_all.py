"""All jobs of an entity are deleted a page at a time, and every tombstone comes before the first object."""

import pytest
from imagejobs.jobs import deletion
from imagejobs.jobs.model import EntityType, JobStatus
from imagejobs.storage.object_storage import StorageUnavailable
from worlds.job_world import World, new_image


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deletion, "PAGE", 2)


def test_more_jobs_than_a_page_holds_are_deleted_with_their_objects_and_no_others(world: World) -> None:
    world.create(5)
    others = [world.jobs.create(kind, "event-2", [new_image()])[0] for kind in (EntityType.EVENT, EntityType.OTHER)]
    world.jobs.delete_all(EntityType.EVENT, "event-1")
    assert {job.id for job in world.repository.all()} == {job.id for job in others}
    assert world.storage.stored_keys() == {job.source_image_key for job in others}


def test_while_storage_is_unavailable_all_of_them_become_tombstones(world: World) -> None:
    world.create(5)
    world.storage.away = True
    for _ in range(2):
        with pytest.raises(StorageUnavailable):
            world.jobs.delete_all(EntityType.EVENT, "event-1")
    assert {job.status for job in world.repository.all()} == {JobStatus.DELETING}
    world.storage.away = False
    world.jobs.delete_all(EntityType.EVENT, "event-1")
    assert world.repository.all() == []
    assert not world.storage.stored_keys()
