"""Why a job cannot go on: forever, for now, or because another worker has it."""


class PermanentFailure(Exception):
    """The job ends FAILED. `retryable` says whether the same bytes may succeed if a person retries the job."""

    def __init__(self, code: str, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.retryable = retryable


class TransientFailure(Exception):
    """Another try may succeed: the job is tried again, with pauses, a limited number of times."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class MachineShort(TransientFailure):
    """The worker's machine has not enough disk, memory or open files. This is not the job's fault.

    The job is tried again for an hour, however often it fails: another machine may have enough, or this one later.
    """


class ServiceUnavailable(TransientFailure):
    """The API or the storage does not answer, or its answer makes no sense. This is not the job's fault.

    The job is tried again for a week, however often it fails.
    """


class NotOurs(Exception):
    """The job was deleted, has ended, or is held by another attempt. This worker discards its result."""
