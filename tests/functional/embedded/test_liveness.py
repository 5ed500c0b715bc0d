import os
import subprocess
import sys

import pytest
from imagejobs.embedded.liveness import is_alive


def test_this_process_is_alive() -> None:
    assert is_alive(os.getpid())


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


@pytest.mark.parametrize("number", [0, -1])
def test_numbers_that_name_process_groups_are_not_processes(number: int) -> None:
    assert not is_alive(number)


def test_another_users_process_is_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(_pid: int, _number: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", forbidden)
    assert is_alive(1)
