import importlib.util
from pathlib import Path

import pytest
from imagejobs.embedded.services.mongodb import mongodb
from imagejobs.errors import ConfigurationError


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
