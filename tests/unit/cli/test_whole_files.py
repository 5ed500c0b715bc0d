import os
import stat
from pathlib import Path

import pytest
from imagejobs.cli.whole_files import write_whole


def test_a_file_is_written_with_the_mode_that_the_umask_gives(tmp_path: Path) -> None:
    write_whole({tmp_path / "out.webp": b"new"})
    (tmp_path / "reference").touch()
    assert (tmp_path / "out.webp").read_bytes() == b"new"
    assert (tmp_path / "out.webp").stat().st_mode == (tmp_path / "reference").stat().st_mode


def test_a_file_that_is_replaced_keeps_its_mode(tmp_path: Path) -> None:
    target = tmp_path / "out.webp"
    target.write_bytes(b"old")
    target.chmod(0o640)
    write_whole({target: b"new"})
    assert (target.read_bytes(), stat.S_IMODE(target.stat().st_mode)) == (b"new", 0o640)


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_stays_a_link(tmp_path: Path, exists: bool) -> None:
    if exists:
        (tmp_path / "real.webp").write_bytes(b"old")
    (tmp_path / "link.webp").symlink_to("real.webp")
    write_whole({tmp_path / "link.webp": b"new"})
    assert (tmp_path / "link.webp").is_symlink()
    assert (tmp_path / "real.webp").read_bytes() == b"new"


def test_a_reader_sees_the_old_file_or_the_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "out.webp"
    target.write_bytes(b"old")
    seen: list[bytes] = []
    fsync = os.fsync

    def look(descriptor: int) -> None:
        seen.append(target.read_bytes())
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", look)
    write_whole({target: b"new"})
    assert seen == [b"old"]


def test_when_one_cannot_be_written_none_is_and_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "a.webp").write_bytes(b"old")
    (tmp_path / "b.webp").mkdir()
    for bad in (tmp_path / "b.webp", tmp_path / "missing" / "b.webp"):
        with pytest.raises(OSError, match=r"b\.webp") as caught:
            write_whole({tmp_path / "a.webp": b"new", bad: b"new"})
        assert caught.value.filename == str(bad)
        assert (tmp_path / "a.webp").read_bytes() == b"old"
        assert sorted(each.name for each in tmp_path.iterdir()) == ["a.webp", "b.webp"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_when_it_is_interrupted_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fail(_: int) -> None:
        raise error

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(type(error)):
        write_whole({tmp_path / "a.webp": b"new"})
    assert list(tmp_path.iterdir()) == []


def test_a_pipe_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.webp")
    with pytest.raises(OSError, match="not a regular file"):
        write_whole({tmp_path / "a.webp": b"new"})
    assert stat.S_ISFIFO((tmp_path / "a.webp").stat().st_mode)


def test_a_name_may_be_as_long_as_the_file_system_allows(tmp_path: Path) -> None:
    target = tmp_path / f"{'x' * (os.pathconf(tmp_path, 'PC_NAME_MAX') - 5)}.webp"
    write_whole({target: b"new"})
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [(target.name, b"new")]
