import os
import subprocess
import sys

import pytest
from imagejobs.embedded.supervision.liveness import is_alive


def test_an_ended_process_is_not() -> None:
    ended = subprocess.Popen([sys.executable, "-I", "-S", "-c", ""])
    ended.wait()
    assert not is_alive(ended.pid)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells zombies apart")
def test_a_killed_process_is_not_even_before_its_parent_has_waited_for_it() -> None:
    killed = subprocess.Popen([sys.executable, "-I", "-S", "-c", "import signal; signal.pause()"])
    assert is_alive(killed.pid)
    killed.kill()
    os.waitid(os.P_PID, killed.pid, os.WEXITED | os.WNOWAIT)
    assert not is_alive(killed.pid)
    killed.wait()
