"""Fail points: exact steps at which a test can stop or kill a process.

`reach(name)` does nothing unless the environment variable FAIL_POINTS names a directory. A test arms a point by putting
a file of its name there, which contains the name of a signal. The first process that reaches the point removes the file
and sends itself that signal. So each file causes one failure, in one process.
"""

import os
import signal
import threading
from pathlib import Path

VARIABLE = "FAIL_POINTS"


def reach(name: str) -> None:
    """Send this process the armed signal, if this point is armed."""
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
    # A signal to the process may be delivered only when its main thread runs next; this one stops this thread at once.
    signal.pthread_kill(threading.get_ident(), chosen)


_directory = Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None
