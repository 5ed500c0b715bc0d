import os
import subprocess
import sys
import time
from pathlib import Path

from imagejobs.embedded.data_dir_lock import DataDirLock


def test_after_a_killed_holder_it_waits_for_the_guardian_that_shares_the_lock(tmp_path: Path) -> None:
    with DataDirLock(tmp_path) as lock:
        code = "import time; time.sleep(0.5)"
        guardian = subprocess.Popen([sys.executable, "-I", "-S", "-c", code], pass_fds=[lock.descriptor])
        os.ftruncate(lock.descriptor, 0)  # as if the process that it names had been killed
    begun = time.monotonic()
    with DataDirLock(tmp_path):
        assert time.monotonic() - begun > 0.2
    assert guardian.wait(timeout=5) == 0
