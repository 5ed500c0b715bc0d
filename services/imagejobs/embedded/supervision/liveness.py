"""Whether a process id belongs to a running process."""

import os

from imagejobs.runtime.process_stat import process_stat


def is_alive(pid: int) -> bool:
    """Whether a process with this id runs, whoever owns it. False for 0 and below, which are not process ids.

    A zombie, which has ended but was not waited for, does not run. It is recognised on Linux only.
    """
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    try:
        return process_stat(pid)[0] == b"Z"
    except OSError:
        return False
