"""`imagejobs sweep` and `imagejobs audit` over a real database and files."""

import io
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from imagejobs.connections.mongodb import Database
from imagejobs.embedded.services.ports import free_port
from imagejobs.jobs.model import JobStatus
from imagejobs.jobs.records.mongo import MongoImageJobRepository
from imagejobs.jobs.upkeep.sweep import SUSPICIOUS
from imagejobs.storage.filesystem import FilesystemStorage
from servers.fixtures import mongodb_process  # noqa: F401 - a fixture, found by its name
from worlds.command_line import data, failure
from worlds.job_world import new_record

Run = Callable[..., Any]

SOURCE = "raw/1600000000000-0123456789ab.jpg"
OUTPUT = "optimized/1600000000000-0123456789ab-optimized.webp"
ORPHANS = {"raw/1600000000001-0123456789ab.jpg", "optimized/1600000000001-0123456789ab-optimized-480.webp"}
YOUNG = "raw/1600000000002-0123456789ab.jpg"
FOREIGN = "raw/holiday.jpg"


@dataclass(frozen=True)
class Stores:
    """The database and the storage of the settings."""

    uri: str
    storage: FilesystemStorage
    root: Path

    def put(self, key: str, *, old: bool = True) -> None:
        """Store an object of five bytes, with a date of a month ago or of now."""
        self.storage.put(key, io.BytesIO(b"bytes"), 5, "image/jpeg")
        if old:
            month_ago = self.storage.path(key).stat().st_mtime - 30 * 86_400
            os.utime(self.storage.path(key), (month_ago, month_ago))

    def record(self, **fields: Any) -> str:
        """Insert a job, and return its id. The connection is closed, because the command opens its own."""
        database = Database(self.uri)
        try:
            return new_record(MongoImageJobRepository(database), **fields).id
        finally:
            database.close()

    def all_keys(self) -> set[str]:
        """The key of every object."""
        return {info.key for info in self.storage.list("")}


@pytest.fixture
def stores(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Stores:
    """A COMPLETED job with both objects, two orphans, a young and a foreign object."""
    port = request.getfixturevalue("mongodb_process")
    uri = f"mongodb://127.0.0.1:{port}/test_{secrets.token_hex(6)}"
    monkeypatch.setenv("MONGODB_URI", uri)
    monkeypatch.setenv("STORAGE", "filesystem")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    root = tmp_path / "data" / "objects"
    made = Stores(uri, FilesystemStorage(root, "http://127.0.0.1/media", b"k" * 32), root)
    for key in (SOURCE, OUTPUT, FOREIGN, *ORPHANS):
        made.put(key)
    made.put(YOUNG, old=False)
    made.record(status=JobStatus.COMPLETED, source_image_key=SOURCE, output_image_key=OUTPUT)
    return made


def test_a_sweep_deletes_the_orphans_and_nothing_else(run: Run, stores: Stores) -> None:
    result = run("sweep")
    assert result.exit_code == 0
    assert stores.all_keys() == {SOURCE, OUTPUT, YOUNG, FOREIGN}
    lines = [line.replace("│", " ").split() for line in result.stdout.splitlines()]
    rows = {" ".join(line[:-2]): line[-2:] for line in lines if line and line[-1].isdecimal()}
    assert rows == {
        "objects": ["4", "2"],
        "of a job": ["1", "1"],
        "too young": ["1", "0"],
        "foreign": ["1", "0"],
        "orphans": ["1", "1"],
        "deleted": ["1", "1"],
        "held back": ["0", "0"],
    }


def test_a_dry_run_only_reports(run: Run, stores: Stores) -> None:
    before = stores.all_keys()
    result = run("sweep", "--dry-run", "--json")
    assert result.exit_code == 0
    assert stores.all_keys() == before
    found = data(result)
    assert [(found[kind]["orphans"], found[kind]["deleted"]) for kind in ("raw", "output")] == [(1, 0), (1, 0)]


def test_json_has_every_count(run: Run, stores: Stores) -> None:
    counts = {
        "objects": 4,
        "foreign": 1,
        "young": 1,
        "referenced": 1,
        "orphans": 1,
        "heldBack": 0,
        "deleted": 1,
        "bytes": 5,
    }
    assert data(run("sweep", "--json")) == {
        "raw": counts,
        "output": counts | {"objects": 2, "foreign": 0, "young": 0},
    }
    assert stores.all_keys() == {SOURCE, OUTPUT, YOUNG, FOREIGN}


def test_orphan_after_is_the_settings(run: Run, stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORPHAN_AFTER", str(31 * 86_400))
    assert data(run("sweep", "--json"))["raw"]["young"] == 3
    monkeypatch.setenv("ORPHAN_AFTER", "599")
    refused = run("sweep")
    assert refused.exit_code == 1
    assert refused.stderr.startswith("imagejobs: ORPHAN_AFTER: ")
    assert stores.all_keys() > ORPHANS


def test_the_wrong_database_empties_no_storage(run: Run, stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(SUSPICIOUS):
        stores.put(f"raw/{1600000001000 + n}-0123456789ab.jpg")
    before = stores.all_keys()
    monkeypatch.setenv("MONGODB_URI", stores.uri + "_another")
    result = run("sweep")
    assert result.exit_code == 1
    assert before - stores.all_keys() <= {OUTPUT, *ORPHANS}, "of the sources none is gone"
    monkeypatch.setenv("MONGODB_URI", stores.uri)
    assert run("sweep", "--all").exit_code == 0
    assert not [key for key in stores.all_keys() if key.startswith("raw/16000000010")]


@pytest.mark.usefixtures("stores")
def test_an_audit_of_sound_jobs_is_a_sentence(run: Run) -> None:
    result = run("audit")
    assert (result.exit_code, result.stdout) == (0, "1 COMPLETED job(s), each with its objects\n")
    assert data(run("audit", "--json")) == {"jobs": 1, "damages": []}


def test_an_audit_names_the_jobs_whose_objects_are_missing_or_differ(run: Run, stores: Stores) -> None:
    stores.storage.delete(OUTPUT)
    missing = failure(run("audit", "--json"))["data"]["damages"]
    other = "optimized/other-optimized.webp"
    stores.put(other)
    fields = {"source_image_key": "raw/x.jpg", "output_image_key": other, "renditions": [{"key": other, "bytes": 6}]}
    differing_id = stores.record(status=JobStatus.COMPLETED, **fields)
    result = run("audit")
    assert result.exit_code == 1
    lines = {line.split()[0]: line for line in result.stdout.splitlines() if "optimized/" in line}
    assert lines.keys() == {missing[0]["jobId"], differing_id}
    assert f"{OUTPUT} is missing" in lines[missing[0]["jobId"]]
    assert f"{other} has 5 bytes instead of 6" in lines[differing_id]
    found = failure(run("audit", "--json"))["data"]
    assert found["jobs"] == 2
    assert found["damages"] == [
        {"jobId": missing[0]["jobId"], "key": OUTPUT, "expectedBytes": None, "foundBytes": None},
        {"jobId": differing_id, "key": other, "expectedBytes": 6, "foundBytes": 5},
    ]


@pytest.mark.usefixtures("short_timeouts")
@pytest.mark.parametrize("command", ["sweep", "audit"])
def test_an_unavailable_database_is_one_sentence(
    run: Run, stores: Stores, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("MONGODB_URI", f"mongodb://127.0.0.1:{free_port()}/x")
    result = run(command)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "imagejobs: MongoDB is unavailable" in result.stderr
    assert stores.all_keys() > ORPHANS
