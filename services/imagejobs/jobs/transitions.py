"""Every change of an image job, as data: what the record must be like, and what is written then.

The functions are pure. The use cases read, build a transition, and hand it to the repository, which applies it as one
compare-and-set. `now` is always the database's time.
"""

from datetime import datetime, timedelta

from imagejobs.jobs.model import LIVE, Failure, ImageJob, JobStatus, Output, sources_of
from imagejobs.jobs.records.change import Change, Guard, Transition

MAX_ERROR_MESSAGE = 2_000
"""Characters of `errorMsg` that are kept: legacy workers send whole stack traces."""

PENDING = frozenset({JobStatus.PENDING})
PROCESSING = frozenset({JobStatus.PROCESSING})
FAILED = frozenset({JobStatus.FAILED})
DELETING = frozenset({JobStatus.DELETING})
_END = frozenset({"lease_until", "processed_at", "updated_at"})
"""The fields that two reports of the same result need not share."""


def claim(lease: timedelta, now: datetime) -> Transition:
    """Begin the next attempt."""
    change = Change(
        status=JobStatus.PROCESSING,
        started_at=now,
        updated_at=now,
        lease_until=now + lease,
        error_msg="",
        error_code=None,
        increments=frozenset({"attempt"}),
    )
    return Transition(Guard(PENDING), change)


def renew(attempt: int, lease: timedelta, now: datetime) -> Transition:
    """Extend the lease of the attempt that holds the job."""
    return Transition(Guard(PROCESSING, attempt), Change(lease_until=now + lease, updated_at=now))


def hand_back(attempt: int, reason: Failure, retry_in: timedelta | None, now: datetime) -> Transition:
    """End an attempt without a result.

    With `retry_in` the worker's own message returns after that time. Without it the job has no message.
    """
    change = Change(
        status=JobStatus.PENDING,
        lease_until=None,
        enqueued_at=None if retry_in is None else now + retry_in,
        updated_at=now,
        error_msg=_cut(reason.message),
        error_code=reason.code,
    )
    return Transition(Guard(PROCESSING, attempt), change)


def restore_lost_lease(job: ImageJob, reason: Failure, now: datetime) -> Transition:
    """Undo the count of a lost lease, because its worker has handed the job back after all."""
    change = Change(
        lost_leases=job.lost_leases - 1, error_msg=_cut(reason.message), error_code=reason.code, updated_at=now
    )
    return Transition(Guard(PENDING, job.attempt), change)


def expire(job: ImageJob, now: datetime) -> Transition:
    """Put back a job whose lease expired, for another attempt. It has no message."""
    change = Change(
        status=JobStatus.PENDING,
        enqueued_at=None,
        lease_until=None,
        updated_at=now,
        increments=frozenset({"lost_leases"}),
    )
    return Transition(_unchanged(job, PROCESSING), change)


def exhaust(job: ImageJob, now: datetime) -> Transition:
    """Fail a job whose lease expired once too often."""
    change = Change(
        status=JobStatus.FAILED,
        error_msg=f"{job.lost_leases + 1} workers died or hung while they processed this image.",
        error_code="attempts_exhausted",
        retryable=True,
        lease_until=None,
        processed_at=now,
        updated_at=now,
        increments=frozenset({"lost_leases"}),
    )
    return Transition(_unchanged(job, PROCESSING), change)


def complete(attempt: int | None, output: Output, url: str, now: datetime) -> Transition:
    """Record a result. An attempt of None is a legacy worker's, which is not fenced."""
    change = Change(
        status=JobStatus.COMPLETED,
        output_image_key=output.key,
        output_image_url=url,
        renditions=output.renditions or None,
        thumb_hash=output.thumb_hash,
        dominant_color=output.dominant_color,
        receipt=output.receipt or None,
        error_msg="",
        error_code=None,
        retryable=None,
        lease_until=None,
        processed_at=now,
        updated_at=now,
    )
    return Transition(Guard(sources_of(JobStatus.COMPLETED), attempt), change)


def fail(attempt: int | None, failure: Failure, now: datetime) -> Transition:
    """Record that a job cannot be done. A legacy worker, without an attempt, may fail a job that it never claimed."""
    change = Change(
        status=JobStatus.FAILED,
        error_msg=_cut(failure.message),
        error_code=failure.code,
        retryable=failure.retryable,
        lease_until=None,
        processed_at=now,
        updated_at=now,
    )
    return Transition(Guard(sources_of(JobStatus.FAILED) if attempt is None else PROCESSING, attempt), change)


def retry(now: datetime, *, is_pushed: bool) -> Transition:
    """Put a FAILED job back to PENDING, with no trace of its failure."""
    change = Change(
        status=JobStatus.PENDING,
        error_msg="",
        error_code=None,
        retryable=None,
        lost_leases=0,
        enqueued_at=now if is_pushed else None,
        started_at=None,
        lease_until=None,
        processed_at=None,
        updated_at=now,
    )
    return Transition(Guard(FAILED), change)


def mark_deleted(now: datetime) -> Transition:
    """Write the tombstone: from now on no worker can claim or complete the job."""
    return Transition(Guard(sources_of(JobStatus.DELETING)), Change(status=JobStatus.DELETING, updated_at=now))


def postpone_deletion(now: datetime) -> Transition:
    """Move a tombstone behind all others, because its deletion failed."""
    return Transition(Guard(DELETING), Change(updated_at=now))


def mark_pushed(job: ImageJob, now: datetime) -> Transition:
    """Note that the list has a message of this job, unless the job has changed since it was read."""
    return Transition(_unchanged(job, PENDING), Change(enqueued_at=now, updated_at=now))


def mark_unpushed() -> Transition:
    """Note that a job has no message, so that the reconciler's next pass pushes one."""
    return Transition(Guard(PENDING), Change(enqueued_at=None))


def promise() -> Transition:
    """Count the revision up, so that the request which created the job no longer removes it."""
    return Transition(Guard(LIVE), Change())


def has_happened(job: ImageJob, change: Change) -> bool:
    """Whether the job already has this result. The time of the report does not matter."""
    return all(getattr(job, name) == value for name, value in change.values.items() if name not in _END)


def _unchanged(job: ImageJob, status: frozenset[JobStatus]) -> Guard:
    return Guard(status, job.attempt, job.revision)


def _cut(message: str) -> str:
    return message[:MAX_ERROR_MESSAGE]
