"""Stops a worker process whose main process was killed (`kill -9`) and could not stop it."""

import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import wait

from dramatiq import Broker, Worker
from dramatiq.middleware import Middleware

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.5
STUCK_SECONDS = 5.0
"""How long a worker process may take to begin its stop after SIGTERM. It never begins if it is blocked at its start,
where Dramatiq's worker process waits until the main process acknowledges that it is ready."""


class MainWatch(Middleware):
    """Sends SIGTERM to its own process when the main process is gone; if that does not help, calls `give_up` and exits.

    The pipe that multiprocessing keeps to the main process is not enough: worker processes that were forked later hold
    its other end open too. So the parent's process id is watched as well: it changes when the parent dies.
    """

    def __init__(self, give_up: Callable[[], None]) -> None:
        self._give_up = give_up
        self._is_stopping = threading.Event()

    def after_process_boot(self, broker: Broker) -> None:  # noqa: ARG002 - Dramatiq's signature
        main = multiprocessing.parent_process()
        if main is not None:  # None where the worker runs in the main process itself, as in tests
            arguments = (os.getppid(), main.sentinel)
            threading.Thread(target=self._watch, args=arguments, name="main-watch", daemon=True).start()

    def before_worker_shutdown(self, broker: Broker, worker: Worker) -> None:  # noqa: ARG002 - Dramatiq's signature
        self._is_stopping.set()

    def _watch(self, parent: int, sentinel: int) -> None:
        while os.getppid() == parent and not wait([sentinel], POLL_SECONDS):
            pass
        if not self._is_stopping.is_set():  # a second SIGTERM would end the running jobs at once
            os.kill(os.getpid(), signal.SIGTERM)
        _log_to_standard_error()
        logger.warning("the worker's main process has died: this worker process stops too")
        if not self._is_stopping.wait(STUCK_SECONDS):
            self._give_up()
            os._exit(1)


def _log_to_standard_error() -> None:
    """Log to the real standard error. Until now the log went through a pipe to the main process."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(sys.__stderr__)
