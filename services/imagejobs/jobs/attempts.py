"""What workers do with image jobs: claim, renew, hand back, complete, fail.

The database's clock alone decides which attempt holds a job.
"""

from datetime import timedelta

from imagejobs.jobs import transitions
from imagejobs.jobs.errors import IllegalTransition, JobHeld, JobNotFound, StaleAttempt
from imagejobs.jobs.model import Failure, ImageJob, JobStatus, Output
from imagejobs.jobs.outputs import OutputCheck
from imagejobs.jobs.policy import JobPolicy
from imagejobs.jobs.records.change import Transition
from imagejobs.jobs.repair import Repair
from imagejobs.jobs.stores import Stores


class JobAttempts:
    """The transitions that workers cause.

    `attempt` is the fencing token, which the answer to a claim carries. A worker that sends none is not fenced, but the
    table of legal transitions holds for it too. A worker that does not ask for a lease gets the long `legacy_lease`.
    """

    def __init__(self, stores: Stores, policy: JobPolicy, repair: Repair, legacy_lease: timedelta) -> None:
        self._stores = stores
        self._repository = stores.repository
        self._repair = repair
        self._legacy_lease = legacy_lease
        self._output_check = OutputCheck(stores.storage, policy.output_prefix, policy.check_legacy_output)

    def claim(self, job_id: str, lease_seconds: float | None = None) -> ImageJob:
        """Begin the next attempt of a PENDING job. If its lease expired, the job is put back first.

        Raises JobNotFound, JobHeld, IllegalTransition.
        """
        claim = transitions.claim(self._lease(lease_seconds), self._repository.now())
        job = self._repository.change(job_id, claim)
        if job is None and self._repair.expire_lease(self._stores.job(job_id)):
            job = self._repository.change(job_id, claim)
        if job is None:
            raise self._refusal(job_id, None, JobStatus.PROCESSING)
        return job

    def renew(self, job_id: str, attempt: int, lease_seconds: float | None = None) -> ImageJob:
        """Extend the lease of the attempt that holds the job. Raises JobNotFound, StaleAttempt, IllegalTransition."""
        renewal = transitions.renew(attempt, self._lease(lease_seconds), self._repository.now())
        job = self._repository.change(job_id, renewal)
        if job is None:
            raise self._refusal(job_id, attempt, JobStatus.PROCESSING)
        return job

    def hand_back(self, job_id: str, attempt: int, reason: Failure, retry_in: float | None = None) -> ImageJob:
        """End an attempt without a result, so that another attempt can begin at once.

        With `retry_in` the worker's own message returns after that many seconds. Without it the reconciler pushes a
        message in its next pass. A worker may hand back after its lease expired, for example because this API was
        unavailable: it is alive, so that lease does not count as lost. Raises JobNotFound, StaleAttempt,
        IllegalTransition.
        """
        delay = None if retry_in is None else timedelta(seconds=retry_in)
        job = self._repository.change(job_id, transitions.hand_back(attempt, reason, delay, self._repository.now()))
        if job is None:
            job = self._handed_back_already(self._stores.job(job_id), attempt, reason)
        if job is None:
            raise self._refusal(job_id, attempt, JobStatus.PENDING)
        return job

    def _handed_back_already(self, job: ImageJob, attempt: int, reason: Failure) -> ImageJob | None:
        """The job, if this attempt was its last: handed back before, or expired, which leaves no reason in the job."""
        if job.status != JobStatus.PENDING or job.attempt != attempt:
            return None
        if not job.lost_leases or job.error_msg or job.error_code:
            return job
        return self._repository.change(job.id, transitions.restore_lost_lease(job, reason, self._repository.now()))

    def complete(self, job_id: str, attempt: int | None, output: Output) -> ImageJob:
        """Record the result. To report the same result again changes nothing and is not an error.

        Raises JobNotFound, StaleAttempt, IllegalTransition, and OutputNotAccepted as OutputCheck does.
        """
        current = self._stores.job(job_id)
        if attempt not in {None, current.attempt}:
            raise self._refusal(job_id, attempt, JobStatus.COMPLETED)
        if not current.status.is_terminal:
            self._output_check.require_accepted(current, attempt, output)
        url = output.url or self._stores.storage.public_url(output.key)
        completion = transitions.complete(attempt, output, url, self._repository.now())
        if current.status.is_terminal:
            return self._repeated(job_id, completion, JobStatus.COMPLETED)
        return self._finish(job_id, completion, JobStatus.COMPLETED)

    def fail(self, job_id: str, attempt: int | None, failure: Failure) -> ImageJob:
        """Record that the job cannot be done. To report the same failure again changes nothing and is not an error.

        Raises JobNotFound, StaleAttempt, IllegalTransition.
        """
        return self._finish(job_id, transitions.fail(attempt, failure, self._repository.now()), JobStatus.FAILED)

    def _lease(self, seconds: float | None) -> timedelta:
        return timedelta(seconds=seconds) if seconds else self._legacy_lease

    def _finish(self, job_id: str, transition: Transition, wanted: JobStatus) -> ImageJob:
        return self._repository.change(job_id, transition) or self._repeated(job_id, transition, wanted)

    def _repeated(self, job_id: str, transition: Transition, wanted: JobStatus) -> ImageJob:
        """The job, if it already ended like this: a report may come twice, even at once. Else raises the refusal."""
        job, attempt = self._repository.get(job_id), transition.guard.attempt
        if job and attempt in {None, job.attempt} and transitions.has_happened(job, transition.change):
            return job
        raise self._refusal(job_id, attempt, wanted)

    def _refusal(self, job_id: str, attempt: int | None, wanted: JobStatus) -> Exception:
        """The reason why the compare-and-set was refused, read from the record as it is now."""
        job = self._repository.get(job_id)
        if job is None or job.status == JobStatus.DELETING:
            return JobNotFound(job_id)
        if attempt is not None and (attempt != job.attempt or job.status == JobStatus.PENDING):
            return StaleAttempt(job, attempt)
        if wanted == job.status == JobStatus.PROCESSING:
            return JobHeld(job)
        return IllegalTransition(job, wanted)
