"""A refused upload that could not be undone at once is undone in the background."""

import asyncio
from contextlib import AbstractAsyncContextManager
from threading import Event, Semaphore

import pytest
from imagejobs.api import undo_refused as module
from imagejobs.api.undo_refused import background_undo
from imagejobs.jobs.refused_uploads import RefusedUploads
from imagejobs.storage.object_storage import StorageUnavailable
from starlette.testclient import TestClient
from worlds.job_world import World
from worlds.memory_api import memory_api


async def undone(world: World) -> bool:
    """Whether a running background task has undone everything within five seconds."""
    async with background_undo(world.jobs.refused):
        for _ in range(500):
            if not world.jobs.refused.unsettled and not world.storage.stored_keys():
                return True
            await asyncio.sleep(0.01)
    return False


def test_it_goes_on_until_it_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.01)
    world, failures = World(), iter([True, True, False, True, False])
    delete = world.storage.delete

    def sometimes(key: str) -> None:
        if next(failures, False):
            raise StorageUnavailable("Connection refused")
        delete(key)

    monkeypatch.setattr(world.storage, "delete", sometimes)
    world.repository.inserts_left = 0
    with pytest.raises(Exception, match="not primary"):
        world.create()
    assert world.jobs.refused.unsettled
    assert asyncio.run(undone(world))


def test_the_application_does_it_while_it_runs_and_ends_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    entered: list[RefusedUploads] = []

    def entering(refused: RefusedUploads) -> AbstractAsyncContextManager[None]:
        entered.append(refused)
        return background_undo(refused)

    monkeypatch.setattr("imagejobs.api.app.background_undo", entering)
    with TestClient(memory_api().app):
        assert len(entered) == 1


def test_an_end_waits_for_one_try_and_not_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.01)
    refused, begun, may_go_on = World().jobs.refused, Semaphore(0), Event()

    def undo() -> None:
        begun.release()
        assert may_go_on.wait(10)

    async def ended_during_the_first() -> None:
        async with background_undo(refused):
            assert await asyncio.to_thread(begun.acquire, timeout=10)
            asyncio.get_running_loop().call_soon(may_go_on.set)  # runs once the block has begun to end

    refused.unsettled.extend((f"upload {n}", undo) for n in range(5))
    asyncio.run(ended_during_the_first())
    assert len(refused.unsettled) == 4
