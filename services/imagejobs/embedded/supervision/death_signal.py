"""On Linux, the kernel ends a child when its parent dies.

This is needed beside the guardian, which cannot end a child if `up` is killed before the guardian knows the child, nor
if both are killed together, as by `pkill -9 -f imagejobs`.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def death_signal_hook(number: signal.Signals = signal.SIGTERM) -> Callable[[], None] | None:
    """Return a `preexec_fn` after which the child gets the signal `number` when the thread that started it ends.

    Everything is looked up before the fork, so that the child makes only two system calls. Grandchildren get no signal:
    Dramatiq's main process stops its own, and the guardian kills the rest of each process group. Returns None on other
    systems, where the guardian alone ends the children.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl.argtypes = (ctypes.c_int, ctypes.c_ulong)
    parent = os.getpid()
    value = int(number)

    def ask_for_signal() -> None:
        prctl(PR_SET_PDEATHSIG, value)
        if os.getppid() != parent:  # the parent died between the fork and the line above
            os._exit(1)

    return ask_for_signal
