"""The sweep in a running system: it deletes orphans, keeps the objects of jobs, and the commands report the same."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from imagejobs.connections.mongodb import Database
from imagejobs.jobs.model import JobStatus
from imagejobs.jobs.records.mongo import MongoImageJobRepository
from imagejobs.storage.filesystem import FilesystemStorage
from local_system import local_system
from pictures import jpeg, served
from running_system import System, eventually
from worlds.job_world import new_record

MONTH = 30 * 86_400
ORPHANS = [
    "raw/1600000000000-0123456789ab.jpg",
    "optimized/1600000000000-0123456789ab-optimized.webp",
    "optimized/1600000000000-0123456789ab-optimized-160.webp",
]
KEPT = [
    "raw/1600000000001-0123456789ab.jpg",
    "raw/1600000000002-0123456789ab.jpg",
    "optimized/1600000000002-0123456789ab-optimized.webp",
    "raw/holiday.jpg",
    "optimized/logo.webp",
]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[System, Path]]:
    """A system started by `imagejobs up`, and its data directory."""
    data_dir = tmp_path_factory.mktemp("swept")
    with local_system(data_dir) as system:
        yield system, data_dir


def put_old(system: System, key: str) -> None:
    """Store an object whose modification time is a month ago."""
    assert isinstance(system.storage, FilesystemStorage)
    system.storage.put(key, io.BytesIO(b"bytes"), 5, "image/jpeg")
    path = system.storage.path(key)
    written = path.stat().st_mtime - MONTH
    os.utime(path, (written, written))


def record_owners(data_dir: Path) -> None:
    """Insert a FAILED job with its source, and a COMPLETED job with both of its objects."""
    database = Database(json.loads((data_dir / "up.json").read_bytes())["mongodb_uri"])
    try:
        repository = MongoImageJobRepository(database)
        new_record(repository, status=JobStatus.FAILED, source_image_key=KEPT[0])
        new_record(repository, status=JobStatus.COMPLETED, source_image_key=KEPT[1], output_image_key=KEPT[2])
    finally:
        database.close()


def imagejobs(data_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command that finds the running system through its data directory only."""
    own = {name: value for name, value in os.environ.items() if not name.endswith(("_TOKENS", "_URI", "_URL"))}
    return subprocess.run(
        [sys.executable, "-m", "imagejobs", *arguments],
        env=own | {"DATA_DIR": str(data_dir)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_orphans_go_and_everything_that_is_referred_to_stays(running: tuple[System, Path]) -> None:
    system, data_dir = running
    job = system.ended(system.create_job("a.jpg", jpeg()))
    record_owners(data_dir)
    for key in KEPT + ORPHANS:
        put_old(system, key)

    eventually(lambda: not set(ORPHANS) & {info.key for info in system.storage.list("")})

    own = {job["sourceImageKey"], *(each["key"] for each in job["renditions"])}
    assert {info.key for info in system.storage.list("")} == {*KEPT, *own}
    assert len(own) == 4
    assert served(job["outputImageURL"]).size == (640, 480)
    log = (data_dir / "logs" / "reconciler.log").read_text()
    assert all(f"deleted the orphan {key}: 5 bytes" in log for key in ORPHANS)

    told = json.loads(imagejobs(data_dir, "sweep", "--json").stdout)["data"]
    assert [told[kind]["orphans"] for kind in ("raw", "output")] == [0, 0]
    assert [told[kind]["referenced"] for kind in ("raw", "output")] == [2, 1]


def test_a_completed_job_that_lost_its_output_is_found_and_warned_of(running: tuple[System, Path]) -> None:
    system, data_dir = running
    job = system.ended(system.create_job("lost.jpg", jpeg(seed=1)))
    system.storage.delete(job["outputImageKey"])

    audit = imagejobs(data_dir, "audit")

    assert audit.returncode == 1
    assert f"{job['outputImageKey']} is missing" in audit.stdout
    warning = f"image job {job['_id']} is COMPLETED, but {job['outputImageKey']} is missing"
    eventually(lambda: warning in (data_dir / "logs" / "reconciler.log").read_text())
    assert system.job(job["_id"])["status"] == "COMPLETED", "a person decides what to do"
