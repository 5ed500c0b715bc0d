"""The guarantees in random histories of many processes at once."""

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from worlds.job_world import LEASE, LEGACY_LEASE, MILLISECOND, ORPHAN_AFTER, PENDING_AFTER

from protocol.actor import Actor, Fault
from protocol.acts import Manner, delete, repair, retry, sweep, upload, worker
from protocol.end import check_end
from protocol.laws import judged_step
from protocol.stage import Stage

FOREIGN = b'{"task_type":"send_mail","payload":{}}'
WHICH = st.integers(0, 5)
SOON, LEASE_OVER, OVERDUE = MILLISECOND, LEASE + MILLISECOND, PENDING_AFTER + MILLISECOND
TIMES = (SOON, timedelta(seconds=5), LEASE_OVER, OVERDUE, LEGACY_LEASE, ORPHAN_AFTER + OVERDUE)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Thousands of outages need not be logged."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


class History(RuleBasedStateMachine):
    """Many processes at once, interrupted between any two of their calls. One that is not continued has died."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage()
        self.actors: list[Actor] = []
        self.started = 0
        self.accepted: set[str] = set()
        self.deleted: set[str] = set()
        self.poisonous: set[str] = set()

    @initialize(images=st.integers(1, 2))
    def some_are_uploaded(self, images: int) -> None:
        self._run(upload(self._name("upload"), images))

    @rule(images=st.integers(1, 2))
    def a_client_uploads(self, images: int) -> None:
        self._start(upload(self._name("upload"), images))

    @rule()
    def a_client_uploads_under_its_key(self) -> None:
        """A first request or a repetition."""
        self._run(upload(self._name("upload"), key="key-1"))

    @precondition(lambda self: self.stage.records())
    @rule(which=WHICH, act=st.sampled_from([retry, retry, delete]))
    def a_client_acts(self, which: int, act: Callable[..., Actor]) -> None:
        job_id = self._job_id(which)
        if act is delete:
            self.deleted.add(job_id)
        self._start(act(self._name(act.__name__), job_id))

    @precondition(lambda self: self.stage.records())
    @rule(which=WHICH, manner=st.sampled_from(Manner), is_fenced=st.sampled_from([True, True, False]))
    def a_message_is_delivered(self, which: int, manner: Manner, is_fenced: bool) -> None:
        """Deliver a message of any job: in time, late, or again."""
        self._start(worker(self._name("worker"), self._job_id(which), manner, is_fenced=is_fenced))

    @rule(act=st.sampled_from([repair, repair, sweep]))
    def a_reconciler_begins(self, act: Callable[..., Actor]) -> None:
        self._start(act(self._name(act.__name__)))

    @precondition(lambda self: self.actors)
    @rule(which=WHICH, steps=st.integers(1, 4))
    def one_goes_on(self, which: int, steps: int) -> None:
        for _ in range(steps):
            if self.actors:
                self._step(which)

    @precondition(lambda self: self.actors)
    @rule(which=WHICH)
    def one_comes_to_its_end(self, which: int) -> None:
        self._run(self.actors.pop(which % len(self.actors)))

    @precondition(lambda self: self.actors)
    @rule(which=WHICH, fault=st.sampled_from(Fault))
    def a_service_fails(self, which: int, fault: Fault) -> None:
        self._step(which, fault)

    @rule(which=WHICH, act=st.sampled_from(["lose one", "forget all", "hold another service's"]))
    def the_queue_does(self, which: int, act: str) -> None:
        messages = self.stage.world.queue.messages
        if act == "forget all":
            messages.clear()
        elif act == "hold another service's":
            self.stage.world.queue.push_raw(FOREIGN)
        elif messages:
            del messages[which % len(messages)]

    @precondition(lambda self: self.stage.records())
    @rule(which=WHICH)
    def a_job_kills_its_workers_from_now_on(self, which: int) -> None:
        self.poisonous.add(self._job_id(which))

    @rule(by=st.sampled_from(TIMES))
    def time_passes(self, by: timedelta) -> None:
        self.stage.world.clock.advance(by)

    def teardown(self) -> None:
        check_end(self.stage.world, self.accepted, self.deleted, self.poisonous)

    def _name(self, kind: str) -> str:
        self.started += 1
        return f"{kind}-{self.started:03}"

    def _job_id(self, which: int) -> str:
        job_ids = sorted(self.stage.records())
        return job_ids[which % len(job_ids)]

    def _start(self, actor: Actor) -> None:
        self.actors.append(actor)

    def _step(self, which: int, fault: Fault | None = None) -> None:
        actor = judged_step(self.stage, self.actors.pop(which % len(self.actors)), fault)
        if actor.is_done:
            self._note(actor)
        else:
            self.actors.insert(which % (len(self.actors) + 1), actor)

    def _run(self, actor: Actor) -> None:
        while not actor.is_done:
            actor = judged_step(self.stage, actor)
        self._note(actor)

    def _note(self, actor: Actor) -> None:
        self.accepted |= actor.accepted


TestHistory = History.TestCase
TestHistory.settings = settings(
    max_examples=100, stateful_step_count=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
