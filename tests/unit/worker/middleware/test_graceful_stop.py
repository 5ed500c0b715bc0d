"""A worker gives up its running jobs when its time to stop has run out, and not before."""

import threading
from typing import Any

from imagejobs.worker.middleware.graceful_stop import GracefulStop
from servers.processes import wait_until

ANY: Any = None


def test_it_gives_up_when_the_time_is_over() -> None:
    gave_up = threading.Event()
    stop = GracefulStop(0.01, gave_up.set)
    assert not gave_up.wait(0.05), "the worker has not begun to stop"
    stop.before_worker_shutdown(ANY, ANY)
    wait_until(gave_up.is_set)


def test_a_worker_that_is_done_before_does_not_give_up() -> None:
    gave_up = threading.Event()
    stop = GracefulStop(0.05, gave_up.set)
    stop.before_worker_shutdown(ANY, ANY)
    stop.after_worker_shutdown(ANY, ANY)
    assert not gave_up.wait(0.2)


def test_it_does_not_keep_the_process_from_ending() -> None:
    stop = GracefulStop(60, threading.Event().set)
    stop.before_worker_shutdown(ANY, ANY)
    (timer,) = [each for each in threading.enumerate() if isinstance(each, threading.Timer)]
    assert timer.daemon
    stop.after_worker_shutdown(ANY, ANY)
