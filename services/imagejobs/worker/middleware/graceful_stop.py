"""Limits how long a worker process finishes its jobs after SIGTERM."""

import threading
from collections.abc import Callable

from dramatiq import Broker, Worker
from dramatiq.middleware import Middleware


class GracefulStop(Middleware):
    """Calls `give_up` if jobs are still running `seconds` after the worker began to stop.

    Dramatiq itself fetches no new messages and waits for the running ones until `--worker-shutdown-timeout`, which
    must be longer than `seconds`.
    """

    def __init__(self, seconds: float, give_up: Callable[[], None]) -> None:
        self._timer = threading.Timer(seconds, give_up)
        self._timer.daemon = True

    def before_worker_shutdown(self, broker: Broker, worker: Worker) -> None:  # noqa: ARG002 - Dramatiq's signature
        self._timer.start()

    def after_worker_shutdown(self, broker: Broker, worker: Worker) -> None:  # noqa: ARG002 - Dramatiq's signature
        self._timer.cancel()
