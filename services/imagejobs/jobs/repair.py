"""What the reconciler does: nothing that died may keep a job from ending. Each action is one compare-and-set."""

import logging
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

logger = logging.getLogger(__name__)

BATCH = 500
LOOKED_FOR_AFTER = 20
"""After this many times `pending_after` a PENDING job's message is looked for on a list that is long enough to have it:
what makes it long may be messages that are not ours."""


@dataclass(frozen=True, slots=True)
class RepairPolicy:
    """When something counts as lost. See docs/reference/settings.md."""

    pending_after: timedelta
    legacy_lease: timedelta
    max_attempts: int


@dataclass(frozen=True, slots=True)
class RepairReport:
    """How many messages one pass put back, and how many jobs it changed."""

    reclaimed: int = 0
    requeued: int = 0
    leases_expired: int = 0
    attempts_exhausted: int = 0
    deletions_finished: int = 0
    event_deletions_finished: int = 0

    @property
    def is_full(self) -> bool:
        """Whether the pass stopped at its bounds, so that the next one finds more at once."""
        return BATCH in {self.requeued, self.leases_expired + self.attempts_exhausted, self.deletions_finished}


class Repair:
    """One pass finds what was lost and puts it right. Any number of reconcilers may run at once."""

    def __init__(self, stores: Stores, messages: JobMessages, deletion: JobDeletion, policy: RepairPolicy) -> None:
        self._repository = stores.repository
        self._queue = stores.queue
        self._messages = messages
        self._deletion = deletion
        self._policy = policy

    def run_once(self) -> RepairReport:
        """Do one bounded pass. Raises BackingServiceUnavailable; what was done so far stays done."""
        expired = [done for job in self._find_expired() if (done := self.expire_lease(job))]
        self._queue.ping()  # a pass that only reads would stay on a Redis master that was demoted
        exhausted = sum(job.status == JobStatus.FAILED for job in expired)
        return RepairReport(
            reclaimed=self._queue.reclaim(),
            requeued=self.requeue_lost(),
            leases_expired=len(expired) - exhausted,
            attempts_exhausted=exhausted,
            deletions_finished=self.finish_deletions(),
        )

    def requeue_lost(self) -> int:
        """Push PENDING jobs whose message seems lost; the number of jobs pushed.

        The list is never filled beyond one message per PENDING job: while as many messages wait as there are PENDING
        jobs only one that is looked for and not found is lost, so a long backlog does not multiply itself.
        """
        now = self._repository.now()
        overdue = self._repository.pending_since(now - self._policy.pending_after, BATCH)
        if not overdue:
            return 0
        room = max(0, self._repository.count(JobStatus.PENDING) - self._queue.length())
        long_ago = now - LOOKED_FOR_AFTER * self._policy.pending_after
        looked_for = [job for job in overdue[room:] if (job.enqueued_at or job.created_at) < long_ago]
        absent = self._queue.absent([job.id for job in looked_for]) if looked_for else frozenset()
        self._mark([job for job in looked_for if job.id not in absent])  # others are looked for before these again
        return self._push_again([*overdue[:room], *(job for job in looked_for if job.id in absent)])

    def expire_lease(self, job: ImageJob) -> ImageJob | None:
        """Put back a job whose worker is gone, or fail it after `max_attempts` lost leases; None if that is not so."""
        now = self._repository.now()
        lease_until = job.lease_until or job.updated_at + self._policy.legacy_lease
        if job.status != JobStatus.PROCESSING or lease_until >= now:
            return None
        is_last = job.lost_leases + 1 >= self._policy.max_attempts
        transition = transitions.exhaust(job, now) if is_last else transitions.expire(job, now)
        return self._repository.change(job.id, transition)

    def finish_deletions(self) -> int:
        """Finish deletions that a crash or an outage cut short. One that cannot be comes after all others next time."""
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
        """Mark first, then push: of several reconcilers only the one whose mark holds pushes."""
        marked = self._mark(lost)
        if not marked:
            return 0
        reach("repair.marked")
        return sum(not job.waits_for_queue for job in self._messages.push(marked))

    def _mark(self, jobs: Sequence[ImageJob]) -> list[ImageJob]:
        """Note that a message of these is on the list as of now; those that nobody changed meanwhile."""
        now = self._repository.now()
        tried = (self._repository.change(job.id, transitions.mark_pushed(job, now)) for job in jobs)
        return [job for job in tried if job]
