"""Stops a process on SIGTERM and SIGINT."""

import signal
import sys
import threading
from types import FrameType


def stop_on_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set. Call this in the main thread."""
    stop = threading.Event()

    def request_stop(_signal: int, _frame: FrameType | None) -> None:
        # Not in the handler: it interrupts the main thread, which may be in `stop.wait` and hold the event's lock.
        threading.Thread(target=stop.set, name="stop").start()

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, request_stop)
    return stop


def exit_cleanly_on_sigterm() -> None:
    """Make SIGTERM end the process with exit code 0. Call this in the main thread.

    For servers such as uvicorn: they handle the signal themselves and then send it again to the previous handler.
    """

    def leave(_signal: int, _frame: FrameType | None) -> None:
        sys.exit(0)

    signal.signal(signal.SIGTERM, leave)
