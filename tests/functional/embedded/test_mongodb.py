from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from imagejobs.embedded.services.mongodb import mongodb, mongodb_uri
from imagejobs.embedded.services.ports import free_port
from imagejobs.embedded.supervision.child import Child
from pymongo import MongoClient


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only directory on PATH."""
    directory = tmp_path / "bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory))
    return directory


@pytest.mark.usefixtures("on_path", "mark")
def test_without_a_mongod_nx_27017_serves_and_does_not_log_each_command(
    tmp_path: Path, until: Callable[..., None]
) -> None:
    (tmp_path / "logs").mkdir()
    port = free_port()
    (tmp_path / "mongodb").mkdir()
    (tmp_path / "mongodb" / "nx-27017.pid").write_text("1")  # left by a killed one; process 1 always exists
    child = Child(mongodb(tmp_path, port))
    child.start(None)
    until(lambda: child.spec.ready(child.started_at))
    client: MongoClient[dict[str, Any]] = MongoClient(mongodb_uri(port), serverSelectionTimeoutMS=3_000)
    with client:
        client.get_default_database()["image_jobs"].insert_one({"_id": 1})
    child.ask_to_stop()
    until(lambda: child.ended() == 0)
    assert (tmp_path / "mongodb" / "image_jobs.db").exists()
    assert "INFO" not in child.spec.log_file.read_text()
