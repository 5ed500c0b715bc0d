"""A child asks the kernel for a signal at its parent's death (Linux)."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def death_signal_hook(number: signal.Signals = signal.SIGTERM) -> Callable[[], None] | None:
    """Return a `preexec_fn` after which the child gets `number` when the thread that started it ends.

    Everything is looked up here, before the fork: in the child only two system calls are left. macOS has nothing
    of the kind: None there, and the guardian alone ends the children. The grandchildren are not covered: a child
    passes the signal on (Dramatiq's main process does), and the guardian kills what is left of its process group.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl.argtypes = (ctypes.c_int, ctypes.c_ulong)
    parent = os.getpid()
    value = int(number)

    def ask_for_signal() -> None:
        prctl(PR_SET_PDEATHSIG, value)
        if os.getppid() != parent:  # it died between the fork and the line above
            os._exit(1)

    return ask_for_signal
