import os
import subprocess
import sys
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


def test_after_a_killed_holder_it_waits_for_the_guardian_that_shares_the_lock(tmp_path: Path) -> None:
    with DataDirLock(tmp_path) as lock:
        code = "import time; time.sleep(0.5)"
        guardian = subprocess.Popen([sys.executable, "-I", "-S", "-c", code], pass_fds=[lock.descriptor])
        os.ftruncate(lock.descriptor, 0)  # as if the process that it names had been killed
    begun = time.monotonic()
    with DataDirLock(tmp_path):
        assert time.monotonic() - begun > 0.2
    assert guardian.wait(timeout=5) == 0


def test_a_lock_that_is_never_freed_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_dir_lock, "WAIT_SECONDS", 0.2)
    with DataDirLock(tmp_path) as lock:
        os.ftruncate(lock.descriptor, 0)
        with pytest.raises(ConfigurationError, match="another"), DataDirLock(tmp_path):
            pass
