"""Places where a test may stop this program dead: at an exact step, and as often as it asks for, never by luck.

`reach(name)` does nothing unless the environment variable FAIL_POINTS names a directory. A test arms a point by putting
a file of its name there, with the name of a signal in it: the first process that reaches the point removes the file and
sends itself that signal, so that each file is one failure, whichever of several processes it hits.
"""

import os
import signal
import threading
from pathlib import Path

VARIABLE = "FAIL_POINTS"


def reach(name: str) -> None:
    """Die, or stop, here if this point is armed."""
    if _directory is not None:
        _fail(_directory / name)


def _fail(armed: Path) -> None:
    taken = armed.with_name(f"{armed.name}.{os.getpid()}")
    try:
        armed.rename(taken)  # one process gets it
    except FileNotFoundError:
        return
    chosen = signal.Signals[taken.read_text()]
    taken.unlink()
    # To this thread, which goes no step further: one to the process may wait until its main thread gets a CPU.
    signal.pthread_kill(threading.get_ident(), chosen)


_directory = Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None
