"""What a worker process does after SIGTERM."""

import threading
from collections.abc import Callable

from dramatiq import Broker, Worker
from dramatiq.middleware import Middleware


class GracefulStop(Middleware):
    """The jobs that are running may be finished for so many seconds; `give_up` is for those that are not.

    Dramatiq itself takes no new ones, and waits for `--worker-shutdown-timeout`, which should be longer.
    """

    def __init__(self, seconds: float, give_up: Callable[[], None]) -> None:
        self._timer = threading.Timer(seconds, give_up)
        self._timer.daemon = True

    def before_worker_shutdown(self, broker: Broker, worker: Worker) -> None:  # noqa: ARG002 - Dramatiq's signature
        self._timer.start()

    def after_worker_shutdown(self, broker: Broker, worker: Worker) -> None:  # noqa: ARG002 - Dramatiq's signature
        self._timer.cancel()
