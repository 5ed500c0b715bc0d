"""How a process that runs for ever is asked to end."""

import signal
import sys
import threading
from types import FrameType


def stop_on_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set. To be called in the main thread."""
    stop = threading.Event()

    def request_stop(_signal: int, _frame: FrameType | None) -> None:
        # Not here: the handler interrupts the main thread, which may be in `stop.wait` and hold the event's lock.
        threading.Thread(target=stop.set, name="stop").start()

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, request_stop)
    return stop


def exit_cleanly_on_sigterm() -> None:
    """From now on SIGTERM ends the process with code 0. To be called in the main thread.

    For servers that handle the signal themselves and then send it again to whoever handled it before, as uvicorn does.
    """

    def leave(_signal: int, _frame: FrameType | None) -> None:
        sys.exit(0)

    signal.signal(signal.SIGTERM, leave)
