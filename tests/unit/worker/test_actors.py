"""The actor with Dramatiq's retries, on Dramatiq's broker in memory."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from dramatiq import Worker
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import CurrentMessage, Retries
from imagejobs.dispatch.broker import MAX_RETRIES, _middleware
from imagejobs.dispatch.tasks import TASKS
from imagejobs.worker.actors import QUEUE, declare_actors
from imagejobs.worker.delivery import Delivery
from imagejobs.worker.failures import ServiceUnavailable, TransientFailure
from imagejobs.worker.process_image import Outcome
from servers.processes import wait_until

JOB_ID = "655501d2f12a3d0f3c5a1002"
TASK = TASKS["process_image"]


class Tries:
    """A use case that fails `failures` times and records its arguments."""

    def __init__(self, failures: int, error: Exception | None = None) -> None:
        self.asked: list[tuple[str, Delivery, float]] = []
        self._failures = failures
        self._error = error or ServiceUnavailable("storage_unavailable", "storage is unavailable")

    def __call__(self, job_id: str, delivery: Delivery, retry_in: float) -> Outcome:
        self.asked.append((job_id, delivery, retry_in))
        if len(self.asked) <= self._failures:
            raise self._error
        return Outcome.COMPLETED

    @property
    def counted(self) -> list[tuple[int, int]]:
        """The number of tries and of faults before each call."""
        return [(delivery.tries, delivery.faults) for _, delivery, _ in self.asked]


@contextmanager
def working(use_case: Callable[..., Outcome]) -> Iterator[StubBroker]:
    """Run a worker with the actor, the broker's middleware and one message as the queue adapter sends it."""
    broker = StubBroker(middleware=[CurrentMessage(), *(each for each in _middleware() if isinstance(each, Retries))])
    declare_actors(broker, use_case, 3)
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
    monkeypatch.setattr(Delivery, "pause", lambda _: 0.001)


def test_queue_actor_and_argument_are_the_adapters() -> None:
    broker = StubBroker(middleware=[Retries()])
    declare_actors(broker, lambda *_: pytest.fail("not at the declaration"), 5)
    actor = broker.get_actor(TASK.actor)
    assert actor.queue_name == TASK.queue == QUEUE
    assert actor.fn.__code__.co_varnames[: actor.fn.__code__.co_argcount] == (TASK.argument,)


def test_a_message_of_the_adapter_runs_the_use_case_once() -> None:
    tries = Tries(0)
    with working(tries) as broker:
        broker.join(QUEUE, timeout=5_000)
    ((job_id, delivery, retry_in),) = tries.asked
    assert (job_id, delivery.tries, delivery.faults, delivery.max_attempts) == (JOB_ID, 0, 0, 3)
    assert 0 <= delivery.seconds < 5
    assert 0 <= retry_in <= 1
    assert broker.dead_letters == []


@pytest.mark.usefixtures("at_once")
def test_an_outage_is_ridden_out_however_often_it_is_met() -> None:
    tries = Tries(MAX_RETRIES * 4)
    with working(tries) as broker:
        broker.join(QUEUE, timeout=20_000)
    assert tries.counted == [(number, 0) for number in range(MAX_RETRIES * 4 + 1)]
    assert broker.dead_letters == []


@pytest.mark.usefixtures("at_once")
def test_faults_are_counted_from_delivery_to_delivery() -> None:
    tries = Tries(2, TransientFailure("conversion_memory", "no memory"))
    with working(tries) as broker:
        broker.join(QUEUE, timeout=5_000)
    assert tries.counted == [(0, 0), (1, 1), (2, 2)]


def test_the_next_try_comes_after_the_pause_that_the_use_case_got(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Delivery, "pause", lambda _: 0.3)
    tries = Tries(1)
    with working(tries):
        wait_until(lambda: len(tries.asked) == 1)
        begun = time.monotonic()
        wait_until(lambda: len(tries.asked) == 2)
    assert 0.25 < time.monotonic() - begun < 3
    assert tries.asked[0][2] == 0.3


def test_an_unforeseen_error_is_tried_again_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Retries, "min_backoff", property(lambda _: 1, lambda *_: None), raising=False)
    monkeypatch.setattr(Retries, "max_backoff", property(lambda _: 1, lambda *_: None), raising=False)
    tries = Tries(1_000, ZeroDivisionError("a fault in the program"))
    with working(tries) as broker:
        broker.join(QUEUE, timeout=5_000, fail_fast=False)
    assert len(tries.asked) == MAX_RETRIES + 1
    assert len(broker.dead_letters) == 1


def test_a_transient_failure_is_a_line_in_the_log_and_no_traceback(caplog: pytest.LogCaptureFixture) -> None:
    with working(Tries(1, TransientFailure("source_differs", "It came short."))):
        wait_until(lambda: f"job {JOB_ID}: try 1, the next in" in caplog.text)
    assert "Traceback" not in caplog.text


@pytest.mark.usefixtures("at_once")
def test_an_outage_is_not_a_line_per_try(caplog: pytest.LogCaptureFixture) -> None:
    tries = Tries(5)
    with working(tries):
        wait_until(lambda: len(tries.asked) == 6)
    assert [record.message for record in caplog.records if record.name == "imagejobs.worker.actors"] == []
