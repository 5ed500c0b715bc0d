"""Errors of requests about jobs. The message is for the caller; the API maps the type to an HTTP status."""

from imagejobs.jobs.model import ImageJob, JobStatus
from imagejobs.times import isoformat


class JobNotFound(Exception):
    """No image job has this id."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"Image job {job_id} not found.")


class JobConflict(Exception):
    """The job's state does not allow the change; `code` is for programs."""

    code = "conflict"


class IllegalTransition(JobConflict):
    """The change is not in the table of legal transitions."""

    code = "illegal_transition"

    def __init__(self, job: ImageJob, wanted: JobStatus) -> None:
        super().__init__(f"Image job {job.id} is {job.status} and cannot become {wanted}.")


class StaleAttempt(JobConflict):
    """The caller's attempt no longer holds the job: its lease expired and another attempt, or none, took over."""

    code = "stale_attempt"

    def __init__(self, job: ImageJob, attempt: int) -> None:
        super().__init__(
            f"Attempt {attempt} no longer holds image job {job.id}: it is {job.status}, attempt {job.attempt}."
        )


class JobHeld(JobConflict):
    """Another worker holds the job until its lease expires."""

    code = "job_held"

    def __init__(self, job: ImageJob) -> None:
        until = f" until {isoformat(job.lease_until)}" if job.lease_until else ""
        super().__init__(f"Attempt {job.attempt} holds image job {job.id}{until}.")


class OutputNotAccepted(JobConflict):
    """The reported output is not this job's: the key is wrong, or the object is not in storage."""

    code = "output_not_accepted"


class IdempotencyKeyReused(JobConflict):
    """The Idempotency-Key was used for another upload, or other requests create and delete jobs under it right now."""

    code = "idempotency_key_reused"


class QueueFull(Exception):
    """More messages wait on the task queue than MAX_QUEUE_LENGTH allows."""

    def __init__(self, length: int, limit: int) -> None:
        super().__init__(f"{length} messages wait on the task queue, the limit is {limit}; try again later.")
