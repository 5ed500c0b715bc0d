"""The sweep beside the repairs: when it runs, what it logs, how it stops."""

import io
import logging
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from imagejobs.errors import BackingServiceUnavailable
from imagejobs.jobs.upkeep import audit as audit_module
from imagejobs.jobs.upkeep.sweep import Kind, Swept
from imagejobs.reconciler import sweep_thread as module
from imagejobs.reconciler.metrics import Metrics
from imagejobs.reconciler.sweep_thread import SweepThread
from imagejobs.storage.object_storage import StorageUnavailable
from servers.processes import wait_until
from worlds.job_world import ORPHAN_AFTER, World

STORAGE = StorageUnavailable("Connection refused")


class Passes:
    """A sweep whose passes end as given. After the last one it stops the loop."""

    def __init__(self, *ends: Swept | Exception) -> None:
        self.stop = threading.Event()
        self.begun: list[float] = []
        self._ends = list(ends)

    def run(self) -> Iterator[tuple[Kind, Swept]]:
        self.begun.append(time.monotonic())
        end = self._ends.pop(0)
        if not self._ends:
            self.stop.set()
        if isinstance(end, Exception):
            raise end
        yield Kind.SOURCE, end


def sweep_thread(sweep: Any, stop: threading.Event, world: World | None = None, interval: float = 0.001) -> SweepThread:
    return SweepThread(sweep, (world or World()).audit, interval, stop, Metrics())


def run(passes: Passes, interval: float = 0.001) -> SweepThread:
    """Run until the last pass has ended."""
    loop = sweep_thread(passes, passes.stop, interval=interval)
    loop.start()
    loop._thread.join(10)
    assert not loop._thread.is_alive()
    return loop


@pytest.fixture(autouse=True)
def _from_info(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "imagejobs.reconciler.sweep_thread")


def test_each_pass_is_told_with_its_counts(caplog: pytest.LogCaptureFixture) -> None:
    run(Passes(Swept(referenced=4, orphans=2, deleted=2, bytes=9), Swept()))
    assert caplog.messages == [
        "swept raw: referenced=4, orphans=2, deleted=2, bytes=9",
        "swept output: empty",
        "audited 0 COMPLETED jobs, 0 damaged",
    ]


def test_an_outage_ends_a_pass_and_the_next_one_comes(caplog: pytest.LogCaptureFixture) -> None:
    loop = run(Passes(STORAGE, BackingServiceUnavailable("MongoDB", "x"), Swept(young=1), Swept()))
    loop.raise_fault()
    assert [message.split(";")[0] for message in caplog.messages[:3]] == [
        "storage is unavailable: Connection refused",
        "MongoDB is unavailable: x",
        "swept raw: young=1",
    ]


def test_a_fault_in_the_program_stops_the_process_and_is_not_hidden() -> None:
    passes = Passes(ZeroDivisionError(), Swept())
    loop = run(passes)
    assert passes.stop.is_set()
    assert len(passes.begun) == 1
    with pytest.raises(ZeroDivisionError):
        loop.raise_fault()


def test_the_first_pass_comes_soon_and_the_others_after_the_interval() -> None:
    started = time.monotonic()
    passes = Passes(Swept(), Swept(), Swept())
    run(passes, interval=0.5)
    first, second, third = passes.begun
    assert 0.045 <= first - started < 0.3
    assert min(second - first, third - second) >= 0.45


def test_a_stop_ends_a_pass_after_the_batch_that_runs(caplog: pytest.LogCaptureFixture) -> None:
    stop = threading.Event()
    batches: list[int] = []

    class Endless:
        def run(self) -> Iterator[tuple[Kind, Swept]]:
            for n in range(1000):
                batches.append(n)
                if n == 2:
                    stop.set()
                yield Kind.SOURCE, Swept(referenced=1)

    loop = sweep_thread(Endless(), stop)
    loop.start()
    loop._thread.join(10)
    assert batches == [0, 1, 2]
    assert caplog.messages == []


def test_a_call_that_hangs_keeps_no_process_from_ending() -> None:
    assert sweep_thread(Passes(Swept()), threading.Event())._thread.daemon


def test_orphans_go_and_damaged_jobs_are_told_once_a_pass(
    world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_module, "PAGE", 1)
    monkeypatch.setattr(module, "AUDIT_PAGES", 2)
    jobs = [completed(world) for _ in range(3)]
    for job in jobs:
        world.storage.delete(job.output_image_key)
    world.storage.put("raw/1600000000000-0123456789ab.jpg", io.BytesIO(b"x"), 1, "image/jpeg")
    world.clock.advance(2 * ORPHAN_AFTER)
    stop = threading.Event()
    loop = sweep_thread(world.sweep, stop, world)
    try:
        loop.start()
        wait_until(lambda: told("audited 1 ", caplog))
    finally:
        stop.set()
        loop._thread.join(10)
    assert "raw/1600000000000-0123456789ab.jpg" not in world.storage.stored_keys()
    warned = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert warned[:3] == [f"image job {job.id} is COMPLETED, but {job.output_image_key} is missing" for job in jobs]
    audited = [message for message in caplog.messages if message.startswith("audited")]
    assert audited[:2] == ["audited 2 COMPLETED jobs, 2 damaged", "audited 1 COMPLETED jobs, 1 damaged"]


def test_after_the_last_job_the_audit_begins_anew(world: World, caplog: pytest.LogCaptureFixture) -> None:
    completed(world)
    stop = threading.Event()
    loop = sweep_thread(world.sweep, stop, world)
    try:
        loop.start()
        wait_until(lambda: [each.startswith("audited 1 ") for each in caplog.messages].count(True) >= 2)
    finally:
        stop.set()
        loop._thread.join(10)


def told(start: str, caplog: pytest.LogCaptureFixture) -> bool:
    return any(message.startswith(start) for message in caplog.messages)


def completed(world: World) -> Any:
    job = world.claimed()
    return world.attempts.complete(job.id, job.attempt, world.output(job))


@pytest.fixture
def world() -> World:
    return World()


def test_what_was_swept_and_audited_is_counted() -> None:
    world = World()
    sound, damaged = world.claimed(), world.claimed()
    for job in (sound, damaged):
        world.attempts.complete(job.id, 1, world.output(job))
    world.storage.delete(world.now(damaged).output_image_key or "")
    passes = Passes(Swept(referenced=4, orphans=2, deleted=2, bytes=9), Swept(orphans=1))
    loop = sweep_thread(passes, passes.stop, world)
    loop._sweep_all()
    loop._stop.clear()
    loop._audit_some()
    value = loop._metrics.registry.get_sample_value
    assert value("imagejobs_swept_objects_total", {"kind": "raw", "outcome": "referenced"}) == 4
    assert value("imagejobs_swept_objects_total", {"kind": "raw", "outcome": "deleted"}) == 2
    assert value("imagejobs_orphan_bytes_total", {"kind": "raw"}) == 9
    assert value("imagejobs_audited_jobs_total") == 2
    assert value("imagejobs_damaged_jobs_total") == 1
