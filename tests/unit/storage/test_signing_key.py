import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from imagejobs.errors import ConfigurationError
from imagejobs.storage.signing_key import load_signing_key


def test_it_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "data" / "signing.key"
    key = load_signing_key(path)
    assert len(key) == 32
    assert load_signing_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_directories_have_keys_of_their_own(tmp_path: Path) -> None:
    assert load_signing_key(tmp_path / "a" / "key") != load_signing_key(tmp_path / "b" / "key")


def test_all_who_start_at_once_get_the_same_one(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as threads:
        for attempt in range(20):
            path = tmp_path / str(attempt) / "signing.key"
            assert len(set(threads.map(load_signing_key, [path] * 16))) == 1
            assert [each.name for each in path.parent.iterdir()] == ["signing.key"]


def test_a_damaged_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "signing.key"
    path.write_bytes(b"short")
    with pytest.raises(ConfigurationError, match=r"signing\.key has 5 bytes instead of 32: remove it"):
        load_signing_key(path)


def test_a_directory_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="check DATA_DIR"):
        load_signing_key(tmp_path / "file" / "signing.key")
