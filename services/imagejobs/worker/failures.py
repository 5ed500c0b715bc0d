"""Why a job cannot go on: for good, for now, or because it is no longer this worker's."""


class PermanentFailure(Exception):
    """No retry of the same bytes can help: the job ends FAILED at once."""

    def __init__(self, code: str, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.retryable = retryable


class TransientFailure(Exception):
    """It may work another time: the job is tried again, with backoff, a bounded number of times."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class MachineShort(TransientFailure):
    """The worker's machine has not enough disk, memory or open files, which says nothing about the job.

    It is tried again for an hour, however often it fails: another machine may have enough, or this one again.
    """


class ServiceUnavailable(TransientFailure):
    """A service that the worker needs does not answer, or not with sense: no fault of the job, and not counted."""


class NotOurs(Exception):
    """The job is gone, ended, or held by another attempt: whatever this worker made of it is thrown away."""
