"""How much disk and memory this process could still get, under a limit or with a full disk."""

import os
import resource
from pathlib import Path
from types import SimpleNamespace

import pytest
from imagejobs.conversion.magick import machine_room as room


@pytest.mark.parametrize(
    ("blocks", "limit", "is_enough"),
    [(2000, 8_000_000, True), (2000, -1, True), (1999, -1, False), (2000, 7_999_999, False)],
)
def test_a_file_needs_room_on_the_disk_and_under_the_limit(
    blocks: int, limit: int, is_enough: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def statvfs(folder: str) -> SimpleNamespace:
        assert folder == str(tmp_path)
        return SimpleNamespace(f_bavail=blocks, f_frsize=4000)

    monkeypatch.setenv("MAGICK_TEMPORARY_PATH", str(tmp_path))
    monkeypatch.setattr(os, "statvfs", statvfs)
    monkeypatch.setattr(resource, "getrlimit", lambda _kind: (limit, limit))

    assert room.has_disk_room(8_000_000) is is_enough


def test_a_folder_that_is_gone_has_no_room(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MAGICK_TEMPORARY_PATH", str(tmp_path / "gone"))

    assert not room.has_disk_room(0)
    assert room.temporary_folder() == tmp_path


def test_a_machine_that_gives_less_than_the_limit_allows_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with vm.overcommit_memory=2 may refuse memory below the process's limit."""
    monkeypatch.setattr(resource, "getrlimit", lambda _kind: (1_000_000_000, 1_000_000_000))
    monkeypatch.setattr(room, "_may_map", lambda count, access: access == 0 or count < 100_000_000)

    assert not room.has_all_its_memory()


def test_without_a_limit_whatever_was_not_given_was_the_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _kind: (resource.RLIM_INFINITY,) * 2)

    assert not room.has_all_its_memory()
