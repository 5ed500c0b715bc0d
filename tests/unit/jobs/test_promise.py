"""The promise, held against random histories: workers that die, hang and wake up late, messages that are lost or come
twice, reconcilers that look and act later, clients that retry and delete.
"""

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)
from imagejobs.jobs.errors import JobConflict, JobNotFound
from imagejobs.jobs.lifecycle import Failure, Output
from imagejobs.jobs.model import ImageJob, JobStatus
from imagejobs.jobs.repair import LOST_FOR_CERTAIN
from imagejobs.storage.object_storage import StorageUnavailable
from job_world import LEASE, LEGACY_LEASE, MAX_ATTEMPTS, MILLISECOND, PENDING_AFTER, World

FOREIGN = b'{"task_type":"send_mail","payload":{}}'
FAILURE = Failure("the file is damaged", "corrupt", retryable=False)
LEASE_SECONDS = LEASE.total_seconds()
REFUSED = (JobConflict, JobNotFound)
WHICH = st.integers(0, 5)
ACTS = st.sampled_from(["renew", "hand back", "fail", "complete"])
STEPS = (MILLISECOND, timedelta(seconds=5), LEASE + MILLISECOND, PENDING_AFTER + MILLISECOND, LEGACY_LEASE)


@dataclass(frozen=True)
class Claim:
    """What a worker remembers of its claim; `is_fenced` is false for a legacy worker."""

    job: ImageJob
    is_fenced: bool

    @property
    def attempt(self) -> int | None:
        """What the worker sends."""
        return self.job.attempt if self.is_fenced else None


class JobHistory(RuleBasedStateMachine):
    """Each rule is something that one of the many processes does; the clock stands still in between."""

    claims = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.before: dict[str, ImageJob] = {}
        self.completed_by: dict[str, set[int]] = defaultdict(set)
        self.claimed: set[tuple[str, int]] = set()
        self.retried: set[str] = set()
        self.deleted: set[str] = set()

    @initialize(number=st.integers(1, 2))
    def upload_some(self, number: int) -> None:
        self.world.create(number)
        self.before = {job.id: job for job in self.world.repository.all()}

    @precondition(lambda self: self.before)
    @rule(which=WHICH, act=st.sampled_from(["upload", "retry", "retry", "retry", "delete", "delete without storage"]))
    def a_client_acts(self, which: int, act: str) -> None:
        job = self._job(which)
        if act == "upload":
            self.world.create()
        elif act == "retry":
            if self._tried(lambda: self.world.jobs.retry(job.id)):
                self.retried.add(job.id)
        elif len(self.before) > 1:  # so that something is left to happen
            self.deleted.add(job.id)
            self.world.storage.away = act == "delete without storage"
            self._tried(lambda: self.world.jobs.delete(job.id))
            self.world.storage.away = False

    @rule(which=WHICH, act=st.sampled_from(["lose one", "forget all", "hold another service's"]))
    def the_queue_does(self, which: int, act: str) -> None:
        messages = self.world.queue.messages
        if act == "forget all":
            messages.clear()
        elif act == "hold another service's":
            self.world.queue.push_raw(FOREIGN)
        elif messages:
            del messages[which % len(messages)]

    @precondition(lambda self: self.before)
    @rule(target=claims, which=WHICH, is_fenced=st.sampled_from([True, True, False]))
    def a_message_is_delivered(self, which: int, is_fenced: bool) -> Any:
        """For the first time, late, or once more: a message of any job."""
        return self._deliver(self._job(which).id, is_fenced=is_fenced)

    # A claim is never taken out of the bundle: each may be used late and again.

    @rule(claim=claims, act=ACTS)
    def a_worker_acts(self, claim: Claim, act: str) -> None:
        job, lifecycle = claim.job, self.world.lifecycle
        if act == "renew":
            self._report(claim, lambda: lifecycle.renew(job.id, job.attempt, LEASE_SECONDS))
        elif act == "hand back":
            self._report(claim, lambda: lifecycle.hand_back(job.id, job.attempt, FAILURE))
        elif act == "fail":
            self._report(claim, lambda: lifecycle.fail(job.id, claim.attempt, FAILURE))
        else:
            self._complete(claim)

    @rule(claim=claims, late=st.sampled_from(STEPS))
    def a_worker_completes_while_another_takes_over(self, claim: Claim, late: timedelta) -> None:
        """The API is slow between its look at the record and its change."""

        def head(key: str) -> Any:
            del self.world.storage.head
            self.world.clock.advance(late)
            self._tried(lambda: self.world.lifecycle.claim(claim.job.id, LEASE_SECONDS))
            return self.world.storage.head(key)

        self.world.storage.head = head  # type: ignore[method-assign]  # taken back at its first call, or below
        self._complete(claim)
        self.world.storage.__dict__.pop("head", None)

    @rule(claim=claims, late=st.sampled_from(STEPS), act=ACTS)
    def a_reconciler_acts_on_what_it_saw_before_a_worker_did(self, claim: Claim, late: timedelta, act: str) -> None:
        self.world.clock.advance(late)
        seen = self.world.repository.get(claim.job.id)
        self.a_worker_acts(claim, act)
        self.the_history_keeps_the_promise()
        if seen:
            self.world.repair.expire_lease(seen)

    @rule()
    def repair(self) -> None:
        self.world.repair.run_once()

    @rule(by=st.sampled_from(STEPS))
    def time_passes(self, by: timedelta) -> None:
        self.world.clock.advance(by)

    @invariant()
    def the_history_keeps_the_promise(self) -> None:
        now = {job.id: job for job in self.world.repository.all()}
        for job in self.before.values():
            if job.id in now:
                self._check_step(job, now[job.id])
            else:
                assert job.id in self.deleted, f"{job.id} vanished"
        self.before = now
        self.retried.clear()

    def _check_step(self, old: ImageJob, new: ImageJob) -> None:
        assert new.attempt - old.attempt in {0, 1}, "the attempt grows, one by one"
        assert new.lost_leases <= MAX_ATTEMPTS, "it is tried a bounded number of times"
        if old.status.is_terminal and new.status != old.status and new.id not in self.deleted:
            assert (old.status, new.status) == (JobStatus.FAILED, JobStatus.PENDING), "it is over"
            assert old.id in self.retried, "only a client takes a failure back"
        if old.status == JobStatus.DELETING:
            assert new == old, "a tombstone does not move"
        if new.attempt > old.attempt or new.lost_leases > old.lost_leases:
            assert old.status != JobStatus.PROCESSING or self._lease_of(old) < self.world.clock.time, "it is held"
        if new.status == JobStatus.COMPLETED:
            assert len(self.completed_by[new.id]) <= 1, "one attempt completes a job"
            assert new.output_image_key in self.world.storage.stored_keys(), "what it made is there"

    def _lease_of(self, job: ImageJob) -> datetime:
        assert job.lease_until, "who holds a job has a lease"
        return job.lease_until

    def teardown(self) -> None:
        """From now on workers live and the reconciler runs: every job comes to its end."""
        for _ in range(LOST_FOR_CERTAIN * 2 + MAX_ATTEMPTS):
            self.world.clock.advance(PENDING_AFTER + MILLISECOND)
            self.world.repair.run_once()
            for job_id in self.world.queue.job_ids:
                claim = self._deliver(job_id, is_fenced=True)
                if isinstance(claim, Claim):
                    self._complete(claim)
            self.world.queue.messages = deque(raw for raw in self.world.queue.messages if raw == FOREIGN)
            self.the_history_keeps_the_promise()
        for job in self.world.repository.all():
            assert job.status.is_terminal, f"{job.id} is stuck: {job}"

    def _job(self, which: int) -> ImageJob:
        return self.before[sorted(self.before)[which % len(self.before)]]

    def _deliver(self, job_id: str, *, is_fenced: bool) -> Any:
        claimed: list[ImageJob] = []
        seconds = LEASE_SECONDS if is_fenced else None
        self._tried(lambda: claimed.append(self.world.lifecycle.claim(job_id, seconds)))
        if not claimed:
            return multiple()
        assert (job_id, claimed[0].attempt) not in self.claimed, "a token is given once"
        self.claimed.add((job_id, claimed[0].attempt))
        return Claim(claimed[0], is_fenced)

    def _complete(self, claim: Claim) -> None:
        output = self.world.output(claim.job)
        said = output if claim.is_fenced else Output(output.key)
        self._report(claim, lambda: self.world.lifecycle.complete(claim.job.id, claim.attempt, said))

    def _report(self, claim: Claim, report: Callable[[], object]) -> None:
        """A fenced report is accepted only from the latest attempt."""
        if self._tried(report) and claim.is_fenced:
            now = self.world.now(claim.job)
            assert now.attempt == claim.job.attempt, "another attempt holds the job"
            if now.status == JobStatus.COMPLETED:
                self.completed_by[now.id].add(now.attempt)

    def _tried(self, action: Callable[[], object]) -> bool:
        try:
            action()
        except (*REFUSED, StorageUnavailable):
            return False
        return True


TestJobHistory = JobHistory.TestCase
TestJobHistory.settings = settings(
    max_examples=200, stateful_step_count=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
