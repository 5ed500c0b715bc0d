"""What a worker process does when Dramatiq's main process is gone without a word, as after `kill -9`."""

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
"""Within these a worker process begins to stop after SIGTERM, unless it waits for the main process for ever: it says
when it is ready, and waits until that was heard."""


class EndWithMain(Middleware):
    """Stops the worker process as SIGTERM does, so that its jobs are finished, or handed back by `give_up`.

    The pipe that multiprocessing keeps to the main process is not enough: worker processes that were forked later hold
    its other end open, too. So the parent's process id is looked at as well. It changes as soon as the parent is dead.
    """

    def __init__(self, give_up: Callable[[], None]) -> None:
        self._give_up = give_up
        self._is_stopping = threading.Event()

    def after_process_boot(self, broker: Broker) -> None:  # noqa: ARG002 - Dramatiq's signature
        main = multiprocessing.parent_process()
        if main is not None:  # else no main process has started this one
            arguments = (os.getppid(), main.sentinel)
            threading.Thread(target=self._watch, args=arguments, name="main-watch", daemon=True).start()

    def before_worker_shutdown(self, broker: Broker, worker: Worker) -> None:  # noqa: ARG002 - Dramatiq's signature
        self._is_stopping.set()

    def _watch(self, parent: int, sentinel: int) -> None:
        while os.getppid() == parent and not wait([sentinel], POLL_SECONDS):
            pass
        if not self._is_stopping.is_set():  # a second signal would cut off what is being finished
            os.kill(os.getpid(), signal.SIGTERM)
        _log_to_standard_error()
        logger.warning("the worker's main process is gone: this one stops, too")
        if not self._is_stopping.wait(STUCK_SECONDS):
            self._give_up()
            os._exit(1)


def _log_to_standard_error() -> None:
    """What is logged has gone through a pipe that the main process reads; nobody does any more."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(sys.__stderr__)
