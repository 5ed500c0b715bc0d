"""Repairs jobs whose worker or message was lost, and finishes deletions. Each repair is one compare-and-set."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from imagejobs.fail_points import reach
from imagejobs.jobs import transitions
from imagejobs.jobs.deletion import JobDeletion
from imagejobs.jobs.messages import JobMessages
from imagejobs.jobs.model import ImageJob, JobStatus
from imagejobs.jobs.stores import Stores
from imagejobs.storage.object_storage import StorageUnavailable

BATCH = 500
SEARCH_AFTER = 20
"""After this many times `pending_after` the queue is searched for a PENDING job's message, even if it is long enough to
contain it: the messages that make it long may belong to others."""


@dataclass(frozen=True, slots=True)
class RepairPolicy:
    """When a message or a lease counts as lost. See docs/reference/settings.md."""

    pending_after: timedelta
    legacy_lease: timedelta
    max_attempts: int


@dataclass(frozen=True, slots=True)
class RepairReport:
    """How many messages one pass returned to the queue, and how many jobs it changed."""

    reclaimed: int = 0
    requeued: int = 0
    leases_expired: int = 0
    attempts_exhausted: int = 0
    deletions_finished: int = 0
    event_deletions_finished: int = 0

    @property
    def is_full(self) -> bool:
        """Whether the pass reached a limit, so that another pass finds more at once."""
        return BATCH in {self.requeued, self.leases_expired + self.attempts_exhausted, self.deletions_finished}


class Repair:
    """Passes over the jobs. Any number of reconcilers may run at once."""

    def __init__(self, stores: Stores, messages: JobMessages, deletion: JobDeletion, policy: RepairPolicy) -> None:
        self._repository = stores.repository
        self._queue = stores.queue
        self._messages = messages
        self._deletion = deletion
        self._policy = policy

    def run_once(self) -> RepairReport:
        """Do one bounded pass. Raises BackingServiceUnavailable; what was done so far stays done."""
        expired = [done for job in self._find_expired() if (done := self.expire_lease(job))]
        self._queue.ping()  # fails on a demoted Redis master; a pass that only reads would not notice
        exhausted = sum(job.status == JobStatus.FAILED for job in expired)
        return RepairReport(
            reclaimed=self._queue.reclaim(),
            requeued=self.requeue_lost(),
            leases_expired=len(expired) - exhausted,
            attempts_exhausted=exhausted,
            deletions_finished=self.finish_deletions(),
        )

    def requeue_lost(self) -> int:
        """Push PENDING jobs whose message seems lost. Returns how many were pushed.

        The list never gets more than one message per PENDING job, so that a long backlog does not multiply itself: if
        it has as many messages as there are PENDING jobs, a job is pushed only if the list was searched for its message
        and does not contain it.
        """
        now = self._repository.now()
        overdue = self._repository.pending_since(now - self._policy.pending_after, BATCH)
        if not overdue:
            return 0
        room = max(0, self._repository.count(JobStatus.PENDING) - self._queue.length())
        long_ago = now - SEARCH_AFTER * self._policy.pending_after
        searched = [job for job in overdue[room:] if (job.enqueued_at or job.created_at) < long_ago]
        absent = self._queue.absent([job.id for job in searched]) if searched else frozenset()
        self._mark([job for job in searched if job.id not in absent])  # the next pass searches for others first
        return self._push_again([*overdue[:room], *(job for job in searched if job.id in absent)])

    def expire_lease(self, job: ImageJob) -> ImageJob | None:
        """Put back a job whose lease expired, or fail it after `max_attempts` lost leases. None if it has not."""
        now = self._repository.now()
        lease_until = job.lease_until or job.updated_at + self._policy.legacy_lease
        if job.status != JobStatus.PROCESSING or lease_until >= now:
            return None
        is_last = job.lost_leases + 1 >= self._policy.max_attempts
        transition = transitions.exhaust(job, now) if is_last else transitions.expire(job, now)
        return self._repository.change(job.id, transition)

    def finish_deletions(self) -> int:
        """Finish interrupted deletions; returns how many. A deletion that fails is tried last in the next pass."""
        now = self._repository.now()
        unfinished = self._repository.deleting_since(now - self._policy.pending_after, BATCH)
        for job in unfinished:
            try:
                self._deletion.finish(job)
            except StorageUnavailable:
                self._repository.change(job.id, transitions.postpone_deletion(now))
                raise
        return len(unfinished)

    def _find_expired(self) -> Sequence[ImageJob]:
        now = self._repository.now()
        return self._repository.leases_expired(now, now - self._policy.legacy_lease, BATCH)

    def _push_again(self, lost: Sequence[ImageJob]) -> int:
        """Mark the jobs as pushed, then push: of several reconcilers only the one that marked a job pushes it."""
        marked = self._mark(lost)
        if not marked:
            return 0
        reach("repair.marked")
        return sum(not job.waits_for_queue for job in self._messages.push(marked))

    def _mark(self, jobs: Sequence[ImageJob]) -> list[ImageJob]:
        """Mark the jobs as pushed now. Returns those that nothing else has changed since they were read."""
        now = self._repository.now()
        tried = (self._repository.change(job.id, transitions.mark_pushed(job, now)) for job in jobs)
        return [job for job in tried if job]
