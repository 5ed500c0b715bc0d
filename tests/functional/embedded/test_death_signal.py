import subprocess
import sys
from collections.abc import Callable

PARENT = """
import os, subprocess, sys
from imagejobs.embedded.supervision.death_signal import death_signal_hook
waits = [sys.executable, "-I", "-S", "-c", "import signal; signal.pause()"]
child = subprocess.Popen(waits, preexec_fn=death_signal_hook())
os.kill(os.getpid(), 9)
"""


def test_a_child_ends_with_its_parent_even_when_that_is_killed(
    left: Callable[[], list[int]], until: Callable[..., None]
) -> None:
    parent = subprocess.run([sys.executable, "-c", PARENT], check=False, timeout=20)
    assert parent.returncode == -9
    until(lambda: not left(), 5)
