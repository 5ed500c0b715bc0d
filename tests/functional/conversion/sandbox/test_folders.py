"""Which folders are removed as forgotten: those that no living process of this user holds."""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from imagejobs.conversion.sandbox import folders
from imagejobs.conversion.sandbox.folders import Folder, remove_forgotten

HOLDER = "from imagejobs.conversion.sandbox.folders import Folder; print(Folder.make().path, flush=True); input()"


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which temporary folders are created."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def forgotten(temporary: Path, name: str = f"{folders._PREFIX}x") -> Path:
    folder = temporary / name
    (folder / "deeper").mkdir(parents=True)
    (folder / "deeper" / "magick-1").write_bytes(b"pixels")
    return folder


def test_one_that_nobody_holds_is_removed_with_all_that_is_in_it(temporary: Path) -> None:
    folder = forgotten(temporary)

    remove_forgotten()

    assert not folder.exists()


def test_one_that_is_in_use_stays_until_its_process_is_gone(temporary: Path) -> None:
    command, environment = [sys.executable, "-c", HOLDER], {**os.environ, "TMPDIR": str(temporary)}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment) as holder:
        assert holder.stdout is not None
        held = Path(holder.stdout.readline().strip())
        assert held.parent == temporary
        remove_forgotten()
        assert held.exists()
        holder.kill()
        holder.wait(30)

    remove_forgotten()

    assert not held.exists()


def test_ones_own_are_removed_by_oneself_alone(temporary: Path) -> None:
    folder = Folder.make()

    remove_forgotten()

    assert folder.path.parent == temporary
    assert folder.path.exists()
    folder.remove()
    assert list(temporary.iterdir()) == []
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(folder.lock)


def test_nothing_else_is_removed(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = forgotten(temporary, "imagejobs-conversion-of-an-earlier-version")
    (temporary / f"{folders._PREFIX}file").touch()
    (temporary / f"{folders._PREFIX}link").symlink_to(other)
    before = sorted(temporary.rglob("*"))
    remove_forgotten()
    assert sorted(temporary.rglob("*")) == before

    folder = forgotten(temporary)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    remove_forgotten()
    assert folder.exists(), "the folder belongs to another user"


def test_where_there_is_no_folder_for_temporary_ones_there_is_nothing_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")

    remove_forgotten()


def test_one_that_is_removed_before_it_could_be_locked_is_made_again(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process that starts at that moment would remove the unlocked folder."""
    before_opening, before_locking = [True], [True]
    really_open, really_lock = folders._open, fcntl.flock

    def opening(path: Path) -> int:
        if before_opening:
            before_opening.pop()
            shutil.rmtree(path)
        return really_open(path)

    def locking(lock: int, how: int) -> None:
        if before_locking:
            before_locking.pop()
            (made,) = temporary.iterdir()
            made.rmdir()
        really_lock(lock, how)

    monkeypatch.setattr(folders, "_open", opening)
    monkeypatch.setattr(fcntl, "flock", locking)
    folder = Folder.make()

    assert (before_opening, before_locking) == ([], [])
    assert list(temporary.iterdir()) == [folder.path]
    monkeypatch.undo()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    remove_forgotten()
    assert folder.path.exists(), "the folder is not locked"
    folder.remove()


def test_a_file_system_without_locks_is_no_obstacle(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_lock: int, _how: int) -> None:
        raise OSError

    monkeypatch.setattr(fcntl, "flock", refuse)
    folder = Folder.make()
    remove_forgotten()

    assert list(temporary.iterdir()) == [folder.path]
    folder.remove()
