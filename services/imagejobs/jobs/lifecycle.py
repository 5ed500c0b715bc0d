"""What workers do with image jobs: claim, renew, hand back, complete, fail.

Who owns a job is decided by the database's clock alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from imagejobs.jobs.errors import (
    IllegalTransition,
    JobHeld,
    JobNotFound,
    OutputNotAccepted,
    StaleAttempt,
)
from imagejobs.jobs.model import ImageJob, JobStatus
from imagejobs.jobs.outputs import recorded_sizes
from imagejobs.jobs.records.port import Change, Guard
from imagejobs.jobs.repair import Repair
from imagejobs.jobs.service import ImageJobs
from imagejobs.storage.keys import is_rendition_of, is_safe_key, output_key
from imagejobs.storage.object_storage import ObjectNotFound

MAX_ERROR_MESSAGE = 2_000
"""Characters of `errorMsg` that are kept; legacy workers send whole stack traces."""

PROCESSING = frozenset({JobStatus.PROCESSING})
UNFINISHED = frozenset({JobStatus.PENDING, JobStatus.PROCESSING})


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt ended without a result: for people, for programs, and whether a retry can help."""

    message: str
    code: str | None = None
    retryable: bool | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """What a worker says it made."""

    key: str
    url: str | None = None
    renditions: Sequence[Mapping[str, Any]] | None = None
    thumb_hash: str | None = None
    dominant_color: str | None = None
    receipt: Mapping[str, Any] | None = None


class JobLifecycle:
    """The transitions that workers cause.

    `attempt` is the fencing token that a claim's answer carries. Workers that send none are accepted without fencing;
    the table of legal transitions holds for them too. Who does not say for how long, gets the generous `legacy_lease`.
    """

    def __init__(self, jobs: ImageJobs, repair: Repair, legacy_lease: timedelta) -> None:
        self._jobs = jobs
        self._repository = jobs.repository
        self._repair = repair
        self._legacy_lease = legacy_lease

    def claim(self, job_id: str, lease_seconds: float | None = None) -> ImageJob:
        """Begin the next attempt: PENDING to PROCESSING, `attempt` + 1. An expired lease is put back first.

        Raises JobNotFound, JobHeld, IllegalTransition.
        """
        now = self._repository.now()
        values = {
            "status": JobStatus.PROCESSING,
            "started_at": now,
            "updated_at": now,
            "lease_until": now + self._lease(lease_seconds),
            "error_msg": "",
            "error_code": None,
        }
        change = Change(values, increments=frozenset({"attempt"}))
        guard = Guard(frozenset({JobStatus.PENDING}))
        job = self._repository.change(job_id, guard, change)
        if job is None and self._repair.expire_lease(self._jobs.get(job_id)):
            job = self._repository.change(job_id, guard, change)
        if job is None:
            raise self._refusal(job_id, None, JobStatus.PROCESSING)
        return job

    def renew(self, job_id: str, attempt: int, lease_seconds: float | None = None) -> ImageJob:
        """Extend the lease of the attempt that holds the job. Raises JobNotFound, StaleAttempt, IllegalTransition."""
        now = self._repository.now()
        change = Change({"lease_until": now + self._lease(lease_seconds), "updated_at": now})
        job = self._repository.change(job_id, Guard(PROCESSING, attempt), change)
        if job is None:
            raise self._refusal(job_id, attempt, JobStatus.PROCESSING)
        return job

    def hand_back(self, job_id: str, attempt: int, reason: Failure, retry_in: float | None = None) -> ImageJob:
        """Give the job up at once, for another attempt.

        With `retry_in` the worker's own message comes back after so many seconds, and is missed only some time after
        that; without it the reconciler pushes a new one in its next pass. A worker that could not hand back before the
        lease expired, because this API was unavailable, is not dead: that lease is not counted as lost. Raises as
        `renew` does.
        """
        now = self._repository.now()
        values = {
            "status": JobStatus.PENDING,
            "lease_until": None,
            "enqueued_at": now + timedelta(seconds=retry_in) if retry_in is not None else None,
            "updated_at": now,
            "error_msg": reason.message[:MAX_ERROR_MESSAGE],
            "error_code": reason.code,
        }
        job = self._repository.change(job_id, Guard(PROCESSING, attempt), Change(values))
        if job is None:
            job = self._handed_back_already(self._jobs.get(job_id), attempt, reason)
        if job is None:
            raise self._refusal(job_id, attempt, JobStatus.PENDING)
        return job

    def _handed_back_already(self, job: ImageJob, attempt: int, reason: Failure) -> ImageJob | None:
        """The job, if nobody claimed it since. That its lease expired, which leaves no reason in it, is undone."""
        if job.status != JobStatus.PENDING or job.attempt != attempt:
            return None
        if not job.lost_leases or job.error_msg or job.error_code:
            return job
        values = {
            "lost_leases": job.lost_leases - 1,
            "error_msg": reason.message[:MAX_ERROR_MESSAGE],
            "error_code": reason.code,
            "updated_at": self._repository.now(),
        }
        return self._repository.change(job.id, Guard(frozenset({JobStatus.PENDING}), attempt), Change(values))

    def complete(self, job_id: str, attempt: int | None, output: Output) -> ImageJob:
        """Record the result. The same result again changes nothing and is no error.

        Raises JobNotFound, StaleAttempt, IllegalTransition, and OutputNotAccepted: every key must lie under the output
        prefix, and for a caller with an attempt be the job's own and exist in storage with the size it claims. One
        without is believed about the key, and by the policy `check_legacy_output` about the object too.
        """
        current = self._jobs.get(job_id)
        if attempt not in {None, current.attempt}:
            raise self._refusal(job_id, attempt, JobStatus.COMPLETED)
        values = {
            "status": JobStatus.COMPLETED,
            "output_image_key": output.key,
            "output_image_url": output.url or self._jobs.storage.public_url(output.key),
            "renditions": output.renditions or None,
            "thumb_hash": output.thumb_hash,
            "dominant_color": output.dominant_color,
            "receipt": output.receipt or None,
            "error_msg": "",
            "error_code": None,
            "retryable": None,
        }
        if current.status.is_terminal:
            return self._repeated(job_id, attempt, values)
        self._check_output(current, attempt, output)
        return self._finish(job_id, Guard(PROCESSING, attempt), values)

    def fail(self, job_id: str, attempt: int | None, failure: Failure) -> ImageJob:
        """Record that the job cannot be done. The same failure again changes nothing and is no error.

        Raises JobNotFound, StaleAttempt, IllegalTransition.
        """
        values = {
            "status": JobStatus.FAILED,
            "error_msg": failure.message[:MAX_ERROR_MESSAGE],
            "error_code": failure.code,
            "retryable": failure.retryable,
        }
        return self._finish(job_id, Guard(UNFINISHED if attempt is None else PROCESSING, attempt), values)

    def _lease(self, seconds: float | None) -> timedelta:
        return timedelta(seconds=seconds) if seconds else self._legacy_lease

    def _finish(self, job_id: str, guard: Guard, values: dict[str, Any]) -> ImageJob:
        now = self._repository.now()
        ended = {"lease_until": None, "processed_at": now, "updated_at": now}
        job = self._repository.change(job_id, guard, Change(values | ended))
        return job or self._repeated(job_id, guard.attempt, values)

    def _repeated(self, job_id: str, attempt: int | None, values: Mapping[str, Any]) -> ImageJob:
        """The job, if it ended like this already: a report may come twice, even at once. Else the refusal is raised."""
        job = self._repository.get(job_id)
        if job and attempt in {None, job.attempt} and all(getattr(job, name) == values[name] for name in values):
            return job
        raise self._refusal(job_id, attempt, JobStatus(values["status"]))

    def _check_output(self, job: ImageJob, attempt: int | None, output: Output) -> None:
        prefix = self._jobs.policy.output_prefix
        sizes = recorded_sizes(output.key, output.renditions, output.receipt)
        for key in sizes:
            _check_place(key, prefix)
        if attempt is not None:
            _check_keys(job, output.key, sizes, output_key(job.source_image_key, prefix))
        if attempt is not None or self._jobs.policy.check_legacy_output:
            for key, claimed in sizes.items():
                self._check_object(key, claimed)

    def _check_object(self, key: str, claimed: int | None) -> None:
        try:
            size = self._jobs.storage.head(key).size
        except ObjectNotFound:
            raise OutputNotAccepted(f"There is no object {key!r} in storage; upload it first.") from None
        if claimed not in {None, size}:
            raise OutputNotAccepted(f"Object {key!r} has {size} bytes, {claimed} were claimed.")

    def _refusal(self, job_id: str, attempt: int | None, wanted: JobStatus) -> Exception:
        """Why the compare-and-set did not hold, told from the record as it is now."""
        job = self._repository.get(job_id)
        if job is None or job.status == JobStatus.DELETING:
            return JobNotFound(job_id)
        if attempt is not None and (attempt != job.attempt or job.status == JobStatus.PENDING):
            return StaleAttempt(job, attempt)
        if wanted == job.status == JobStatus.PROCESSING:
            return JobHeld(job)
        return IllegalTransition(job, wanted)


def _check_place(key: str, prefix: str) -> None:
    if not is_safe_key(key):
        raise OutputNotAccepted(f"The key {key!r} has other characters than letters, digits, -, _, . and /, or hides.")
    if not key.startswith(prefix):
        raise OutputNotAccepted(f"The key {key!r} does not lie under {prefix!r}, this backend's OUTPUT_PREFIX.")


def _check_keys(job: ImageJob, key: str, all_keys: Iterable[str], expected: str) -> None:
    if key != expected:
        raise OutputNotAccepted(f"outputImageKey {key!r} is not image job {job.id}'s, which is {expected!r}.")
    for each in all_keys:
        if not is_rendition_of(each, expected):
            raise OutputNotAccepted(f"The rendition {each!r} is not image job {job.id}'s.")
