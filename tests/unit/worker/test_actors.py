"""The actor under Dramatiq's own retries, on its broker in memory."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from dramatiq import Worker
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import CurrentMessage, Retries
from imagejobs.broker import _middleware
from imagejobs.queue_adapter.tasks import TASKS
from imagejobs.worker import actors
from imagejobs.worker.actors import MAX_BACKOFF_MS, MAX_RETRIES, MIN_BACKOFF_MS, QUEUE, declare_actors
from imagejobs.worker.failures import TransientFailure
from imagejobs.worker.process_image import Outcome
from servers import wait_until

JOB_ID = "655501d2f12a3d0f3c5a1002"
TASK = TASKS["process_image"]


class Tries:
    """A use case that fails so many times; what it was asked."""

    def __init__(self, failures: int, error: Exception | None = None) -> None:
        self.asked: list[tuple[str, bool]] = []
        self._failures = failures
        self._error = error or TransientFailure("storage_unavailable", "storage is away")

    def __call__(self, job_id: str, *, last_try: bool = False) -> Outcome:
        self.asked.append((job_id, last_try))
        if len(self.asked) <= self._failures:
            raise self._error
        return Outcome.COMPLETED


@contextmanager
def working(use_case: Callable[..., Outcome]) -> Iterator[StubBroker]:
    """A worker of the actor, which gets the message that the queue adapter makes, at our broker's middleware."""
    broker = StubBroker(middleware=[CurrentMessage(), *(each for each in _middleware() if isinstance(each, Retries))])
    declare_actors(broker, lambda: use_case)  # type: ignore[arg-type,return-value]  # called like a ProcessImage
    broker.enqueue(TASK.message(JOB_ID))
    worker = Worker(broker, worker_timeout=10, worker_threads=1)
    worker.start()
    try:
        yield broker
    finally:
        worker.stop()
        broker.close()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actors, "MIN_BACKOFF_MS", 1)
    monkeypatch.setattr(actors, "MAX_BACKOFF_MS", 1)


def test_queue_actor_and_argument_are_the_adapters() -> None:
    broker = StubBroker(middleware=[Retries()])
    declare_actors(broker, lambda: pytest.fail("not at the declaration"))
    actor = broker.get_actor(TASK.actor)
    assert actor.queue_name == TASK.queue == QUEUE
    assert actor.fn.__code__.co_varnames[: actor.fn.__code__.co_argcount] == (TASK.argument,)


def test_the_retries_are_bounded_in_number_and_in_time() -> None:
    broker = StubBroker(middleware=[Retries()])
    declare_actors(broker, lambda: pytest.fail("not at the declaration"))
    options = broker.get_actor(TASK.actor).options
    assert options["max_retries"] == MAX_RETRIES
    assert (options["min_backoff"], options["max_backoff"]) == (MIN_BACKOFF_MS, MAX_BACKOFF_MS)
    assert MAX_RETRIES * MAX_BACKOFF_MS < 5 * 60_000


def test_a_message_of_the_adapter_runs_the_use_case_once() -> None:
    tries = Tries(0)
    with working(tries) as broker:
        broker.join(QUEUE, timeout=5_000)
    assert tries.asked == [(JOB_ID, False)]
    assert broker.dead_letters == []


@pytest.mark.usefixtures("at_once")
def test_a_transient_failure_is_tried_again_until_it_passes() -> None:
    tries = Tries(3)
    with working(tries) as broker:
        broker.join(QUEUE, timeout=5_000)
    assert tries.asked == [(JOB_ID, False)] * 4


@pytest.mark.usefixtures("at_once")
def test_the_last_try_is_told_so_and_no_other_follows() -> None:
    tries = Tries(MAX_RETRIES + 1)
    with working(tries) as broker:
        broker.join(QUEUE, timeout=5_000, fail_fast=False)
    assert tries.asked == [(JOB_ID, False)] * MAX_RETRIES + [(JOB_ID, True)]
    assert len(broker.dead_letters) == 1


@pytest.mark.usefixtures("at_once")
def test_an_unforeseen_error_is_tried_again_too() -> None:
    tries = Tries(1, ZeroDivisionError("a fault in the program"))
    with working(tries) as broker:
        broker.join(QUEUE, timeout=5_000, fail_fast=False)
    assert len(tries.asked) == 2


def test_a_transient_failure_is_a_line_in_the_log_and_no_traceback(caplog: pytest.LogCaptureFixture) -> None:
    with working(Tries(1)):
        wait_until(lambda: f"job {JOB_ID}: try 1 of {MAX_RETRIES + 1}: storage is away" in caplog.text)
    assert "Traceback" not in caplog.text
