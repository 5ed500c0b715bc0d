import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from imagejobs.embedded.child import Child
from imagejobs.embedded.mongodb import mongodb, mongodb_uri
from imagejobs.embedded.ports import free_port
from imagejobs.errors import ConfigurationError
from pymongo import MongoClient


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only directory on PATH."""
    directory = tmp_path / "bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory))
    return directory


def install_mongod(directory: Path) -> str:
    program = directory / "mongod"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return str(program)


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


def test_a_mongod_on_path_is_preferred(tmp_path: Path, on_path: Path) -> None:
    program = install_mongod(on_path)
    directory = str(tmp_path / "mongodb")
    assert mongodb(tmp_path, 27_018).argv == (
        *(program, "--bind_ip", "127.0.0.1", "--port", "27018", "--dbpath", directory, "--quiet"),
    )


def test_data_of_nx_27017_stay_with_it_when_a_mongod_is_installed_later(tmp_path: Path, on_path: Path) -> None:
    program = install_mongod(on_path)
    (tmp_path / "mongodb").mkdir()
    (tmp_path / "mongodb" / "image_jobs.db").touch()
    assert program not in mongodb(tmp_path, 1).argv


@pytest.mark.usefixtures("on_path")
def test_data_of_a_mongod_that_is_gone_are_not_replaced_by_an_empty_database(tmp_path: Path) -> None:
    (tmp_path / "mongodb").mkdir()
    (tmp_path / "mongodb" / "WiredTiger").touch()
    with pytest.raises(ConfigurationError, match="not found on PATH, but it wrote"):
        mongodb(tmp_path, 1)


@pytest.mark.usefixtures("on_path")
def test_neither_installed_is_an_error_that_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(ConfigurationError, match=r"pip install 'image-jobs\[embedded\]'"):
        mongodb(tmp_path, 1)
