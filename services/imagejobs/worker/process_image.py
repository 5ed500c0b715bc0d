"""The use case: one image job from its message to COMPLETED, FAILED, or discarded."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Thread

from imagejobs.conversion.errors import ConversionError, MachineFault
from imagejobs.conversion.sandbox.result import Result
from imagejobs.fail_points import reach
from imagejobs.worker.delivery import Delivery
from imagejobs.worker.failures import MachineShort, NotOurs, PermanentFailure, ServiceUnavailable, TransientFailure
from imagejobs.worker.image_store import ImageStore
from imagejobs.worker.in_flight import InFlight
from imagejobs.worker.job import Claim, Job
from imagejobs.worker.jobs_api import JobsApi
from imagejobs.worker.lease import RenewedLease
from imagejobs.worker.quarantine import Quarantine, is_suspect

logger = logging.getLogger(__name__)

HAND_BACK_PAUSE = 1.0
"""Seconds between two tries to hand a job back to an API that is unavailable."""
STOPPED = ServiceUnavailable("worker_stopped", "The worker was stopped before it finished the image.")


class Outcome(StrEnum):
    """How a message was settled."""

    COMPLETED = "completed"
    FAILED = "failed"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class ProcessImage:
    """Processes image jobs; one instance serves all threads of a worker process. `convert` raises ConversionError.

    `renewals` is a second client of the API, for RenewedLease: it waits less long for an answer and does not retry.
    """

    jobs: JobsApi
    renewals: JobsApi
    images: ImageStore
    convert: Callable[[bytes], Result]
    in_flight: InFlight = field(default_factory=InFlight)
    quarantine: Quarantine = field(default_factory=Quarantine)

    def __call__(self, job_id: str, delivery: Delivery | None = None, retry_in: float = 0.0) -> Outcome:
        """Process one delivery of a job's message.

        Messages may be delivered twice or late: only the delivery whose claim the API accepts does the work. Raises
        TransientFailure if the message should be delivered again in `retry_in` seconds; at the last try the job becomes
        FAILED, retryable, instead.
        """
        reach("worker.received")
        try:
            job = self._read(job_id)
            with self.quarantine.admitted(alone=is_suspect(job.lost_leases)):
                claim = self._claim(job)
                with self.in_flight.holding(claim):
                    return self._work(job, claim, delivery or Delivery(), retry_in)
        except NotOurs as reason:
            logger.info("job %s: dropped, %s", job_id, reason)
            return Outcome.DROPPED

    def _read(self, job_id: str) -> Job:
        job = self.jobs.get(job_id)
        if job.is_terminal:
            raise NotOurs(f"it is {job.status} already")
        return job

    def _claim(self, job: Job) -> Claim:
        if self.in_flight.has_ended:
            raise STOPPED
        return self.jobs.claim(job.id)

    def _work(self, job: Job, claim: Claim, delivery: Delivery, retry_in: float) -> Outcome:
        reach("worker.claimed")
        try:
            _require_isolation(job, claim)
            with RenewedLease(self.renewals, claim):
                self._convert_and_complete(job, claim)
        except PermanentFailure as failure:
            return self._fail(claim, failure)
        except TransientFailure as failure:
            if delivery.is_last(failure):
                return self._fail(claim, PermanentFailure(failure.code, str(failure), retryable=True))
            self._hand_back(claim, failure, retry_in)
            raise
        logger.info("job %s: completed", job.id)
        return Outcome.COMPLETED

    def _convert_and_complete(self, job: Job, claim: Claim) -> None:
        source = self.images.download(job)
        reach("worker.downloaded")
        result = self._convert(source)
        reach("worker.converted")
        self.jobs.renew(claim)  # nothing is uploaded for a job that was deleted or is another worker's
        reach("worker.renewed")
        renditions = self.images.upload(job, result.pictures)
        reach("worker.uploaded")
        self.jobs.complete(claim, renditions, result)
        reach("worker.completed")

    def _convert(self, source: bytes) -> Result:
        try:
            return self.convert(source)
        except ConversionError as error:
            if not error.retryable:
                raise PermanentFailure(error.code, f"Failed to process image: {error}") from error
            if self.in_flight.has_ended:
                raise STOPPED from error
            kind = MachineShort if isinstance(error, MachineFault) else TransientFailure
            raise kind(error.code, str(error)) from error

    def _fail(self, claim: Claim, failure: PermanentFailure) -> Outcome:
        self.jobs.fail(claim, failure)
        logger.warning("job %s: failed, %s: %s", claim.job_id, failure.code, failure)
        return Outcome.FAILED

    def _hand_back(self, claim: Claim, failure: TransientFailure, retry_in: float) -> None:
        """Try until the API accepts it or the process ends: a lease that expires would count as a dead worker."""
        while True:
            try:
                return self.jobs.hand_back(claim, failure, retry_in)
            except ServiceUnavailable:
                if self.in_flight.ends_within(HAND_BACK_PAUSE):
                    raise

    def give_up(self) -> None:
        """Hand back all running jobs, because the process ends: other workers need not wait for the leases to expire.

        The requests are sent concurrently, so that a missing answer delays no other job.
        """
        threads = [Thread(target=self._give_back, args=(each,), daemon=True) for each in self.in_flight.end()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _give_back(self, claim: Claim) -> None:
        try:
            self.jobs.hand_back(claim, STOPPED)
            logger.warning("job %s: handed back, %s", claim.job_id, STOPPED)
        except (NotOurs, TransientFailure) as error:
            logger.warning("job %s: not handed back, %s", claim.job_id, error)


def _require_isolation(job: Job, claim: Claim) -> None:
    """Raise ServiceUnavailable if the job became a suspect by this claim: other jobs may run beside it."""
    if is_suspect(claim.lost_leases) and not is_suspect(job.lost_leases):
        raise ServiceUnavailable(
            "runs_alone", "Another worker died while it processed the image: the next try runs alone in its process."
        )
