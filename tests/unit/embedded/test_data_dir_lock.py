import os
import time
from pathlib import Path

import pytest
from imagejobs.embedded import data_dir_lock
from imagejobs.embedded.data_dir_lock import DataDirLock
from imagejobs.errors import ConfigurationError


def test_a_second_holder_is_refused_at_once_and_told_who_holds_it(tmp_path: Path) -> None:
    begun = time.monotonic()
    with (
        DataDirLock(tmp_path),
        pytest.raises(ConfigurationError, match=rf"another `imagejobs up` \(process {os.getpid()}\) runs on"),
        DataDirLock(tmp_path),
    ):
        pass
    assert time.monotonic() - begun < 1


def test_it_is_free_after_its_holder(tmp_path: Path) -> None:
    for _ in range(2):
        with DataDirLock(tmp_path) as lock:
            assert os.pread(lock.descriptor, 20, 0) == str(os.getpid()).encode()


def test_a_lock_that_is_never_freed_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_dir_lock, "WAIT_SECONDS", 0.2)
    with DataDirLock(tmp_path) as lock:
        os.ftruncate(lock.descriptor, 0)
        with pytest.raises(ConfigurationError, match="another"), DataDirLock(tmp_path):
            pass
