import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from imagejobs.embedded.supervision.guardian import Guardian

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); signal.pause()"


@pytest.fixture
def group(left: Callable[[], list[int]]) -> subprocess.Popen[bytes]:
    """A process group of its own that ignores SIGTERM."""
    process = subprocess.Popen([sys.executable, "-I", "-S", "-c", STUBBORN], stdout=subprocess.PIPE, process_group=0)
    assert process.stdout is not None
    with process.stdout as output:
        output.readline()
    assert process.pid in left()
    return process


def test_watched_groups_are_killed_when_the_pipe_ends(group: subprocess.Popen[bytes]) -> None:
    guardian = Guardian()
    guardian.watch(group.pid)
    begun = time.monotonic()
    guardian.close()
    assert group.wait(timeout=5) == -signal.SIGKILL
    assert time.monotonic() - begun < 4


def test_forgotten_groups_are_left_alone(group: subprocess.Popen[bytes]) -> None:
    guardian = Guardian()
    guardian.watch(group.pid)
    guardian.forget(group.pid)
    guardian.close()
    assert group.poll() is None
    group.kill()
    group.wait()


def test_a_killed_guardian_is_replaced_and_knows_the_groups(
    guardian: Guardian, group: subprocess.Popen[bytes], until: Callable[..., None]
) -> None:
    guardian.watch(group.pid)
    killed = guardian.pid
    os.kill(killed, signal.SIGKILL)

    def replaced() -> bool:
        guardian.keep_alive()
        return guardian.pid != killed

    until(replaced)
    guardian._groups.clear()  # only the new process knows the group now
    os.close(guardian._pipe)
    guardian._pipe = os.open(os.devnull, os.O_WRONLY)
    assert group.wait(timeout=5) == -signal.SIGKILL


def test_a_message_to_a_dead_guardian_replaces_it(guardian: Guardian) -> None:
    killed = guardian.pid
    os.kill(killed, signal.SIGKILL)
    guardian._process.wait()
    guardian.watch(999_999_999)
    guardian.forget(999_999_999)
    assert guardian.pid != killed
    assert guardian._process.poll() is None
