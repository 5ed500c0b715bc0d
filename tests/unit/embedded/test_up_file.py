import os
from dataclasses import replace
from pathlib import Path

import pytest
from imagejobs.embedded.up_file import UpState, read_up_file, remove_up_file, write_up_file

STATE = UpState("http://127.0.0.1:1", "redis://r", "mongodb://m/d", "token", None, {"up": os.getpid(), "api": 1})


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_up_file(tmp_path, STATE)
    assert read_up_file(tmp_path) == STATE


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        write_up_file(tmp_path, STATE)
    finally:
        os.umask(before)
    assert (tmp_path / "up.json").stat().st_mode & 0o777 == 0o600


def test_writing_again_replaces_it_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / ".up.json.new").write_text("of an `up` that was killed while it wrote")
    write_up_file(tmp_path, STATE)
    newer = replace(STATE, token="other")
    write_up_file(tmp_path, newer)
    assert read_up_file(tmp_path) == newer
    assert [path.name for path in tmp_path.iterdir()] == ["up.json"]


@pytest.mark.parametrize("content", [None, "", "{", "[]", "{}", '{"api_url": 1}'])
def test_no_file_or_another_programs_file_is_none(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "up.json").write_text(content)
    assert read_up_file(tmp_path) is None


def test_a_removed_file_may_be_removed_again(tmp_path: Path) -> None:
    write_up_file(tmp_path, STATE)
    remove_up_file(tmp_path)
    remove_up_file(tmp_path)
    assert not (tmp_path / "up.json").exists()


def test_tokens_are_not_shown() -> None:
    assert "'token'" not in repr(STATE)
