"""If the guardian cannot end the children of a killed `up`, the kernel ends them."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SUPERVISOR = """
import os, signal, sys
from pathlib import Path
from imagejobs.embedded.supervision.child_spec import ChildSpec
from imagejobs.embedded.supervision.guardian import Guardian
from imagejobs.embedded.supervision.supervisor import Supervisor

log, when = sys.argv[1:]
guardian = Guardian()
code = "import signal, sys; print('runs', flush=True); signal.pause()"
child = ChildSpec("redis", (sys.executable, "-I", "-S", "-c", code), os.environ, Path(log),
                  ready=lambda _started_at: Path(log).read_text() != "")

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def die_with_guardian():
    os.kill(guardian.pid, signal.SIGKILL)
    die()

if when == "before the guardian knows the child":
    guardian.watch = die
Supervisor([[child]], lambda _event: None, guardian).run(die_with_guardian, 10)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has it")
@pytest.mark.parametrize("when", ["before the guardian knows the child", "together with the guardian"])
def test_a_child_ends_with_a_killed_supervisor(
    when: str, tmp_path: Path, left: Callable[[], list[int]], until: Callable[..., None]
) -> None:
    log = tmp_path / "redis.log"
    supervisor = subprocess.run([sys.executable, "-c", SUPERVISOR, str(log), when], check=False, timeout=20)
    assert supervisor.returncode == -9
    assert log.exists(), "the child was started"
    until(lambda: not left(), 5)
