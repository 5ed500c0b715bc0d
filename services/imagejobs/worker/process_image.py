"""The use case: one image job from its message to COMPLETED, FAILED, or thrown away."""

import hashlib
import io
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Thread

from imagejobs.conversion.errors import ConversionError, MachineFault
from imagejobs.conversion.sandbox.result import Picture, Result
from imagejobs.fail_points import reach
from imagejobs.storage.keys import is_raw_key, output_key, rendition_key
from imagejobs.storage.object_storage import (
    IMMUTABLE,
    ObjectNotFound,
    ObjectStorage,
    ObjectTooLarge,
    StorageUnavailable,
)
from imagejobs.worker.failures import MachineShort, NotOurs, PermanentFailure, ServiceUnavailable, TransientFailure
from imagejobs.worker.in_flight import InFlight
from imagejobs.worker.jobs_api import Claim, Job, JobsApi, Stored
from imagejobs.worker.lease import RenewedLease
from imagejobs.worker.quarantine import Quarantine, is_suspect
from imagejobs.worker.retrying import Delivery

logger = logging.getLogger(__name__)

OUTPUT_TYPE = "image/webp"
HAND_BACK_PAUSE = 1.0
"""Seconds between two rounds of tries to hand a job back; shorter than the pauses of those who could claim it."""
STOPPED = ServiceUnavailable("worker_stopped", "The worker was stopped before it was done with the image.")


class Outcome(StrEnum):
    """How the message was settled."""

    COMPLETED = "completed"
    FAILED = "failed"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class ProcessImage:
    """`convert` raises ConversionError. Sources are read through the storage: no URL of a record is followed.

    `renewals` is what RenewedLease takes; all else is asked of `jobs`.
    """

    jobs: JobsApi
    renewals: JobsApi
    storage: ObjectStorage
    convert: Callable[[bytes], Result]
    output_prefix: str
    max_bytes: int
    in_flight: InFlight = field(default_factory=InFlight)
    quarantine: Quarantine = field(default_factory=Quarantine)

    def __call__(self, job_id: str, delivery: Delivery | None = None, retry_in: float = 0.0) -> Outcome:
        """Settle one delivery of the job's message.

        Deliveries may come twice or late: only the one whose claim is accepted works. Raises TransientFailure when it
        should be tried again, in `retry_in` seconds; on the last try that becomes FAILED, retryable.
        """
        reach("worker.received")
        try:
            job = self.jobs.get(job_id)
            if job.is_terminal:
                raise NotOurs(f"it is {job.status} already")  # noqa: TRY301 - one way out for all that is not ours
            with self.quarantine.admitted(alone=is_suspect(job.lost_leases)):
                return self._claim_and_work(job, delivery or Delivery(), retry_in)
        except NotOurs as reason:
            logger.info("job %s: dropped, %s", job_id, reason)
            return Outcome.DROPPED

    def give_up(self) -> None:
        """Hand back what is running, because the process ends before that: others need not wait for the leases.

        All at once, so that an answer that does not come is only its own job's.
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

    def _claim_and_work(self, job: Job, delivery: Delivery, retry_in: float) -> Outcome:
        if self.in_flight.has_ended:
            raise STOPPED
        claim = self.jobs.claim(job.id)
        with self.in_flight.holding(claim):
            return self._work(job, claim, delivery, retry_in)

    def _work(self, job: Job, claim: Claim, delivery: Delivery, retry_in: float) -> Outcome:
        reach("worker.claimed")
        try:
            _check_company(job, claim)
            with RenewedLease(self.renewals, claim):
                self._make(job, claim)
        except PermanentFailure as failure:
            return self._fail(claim, failure)
        except TransientFailure as failure:
            if delivery.is_last(failure):
                return self._fail(claim, PermanentFailure(failure.code, str(failure), retryable=True))
            self._hand_back(claim, failure, retry_in)
            raise
        logger.info("job %s: completed", job.id)
        return Outcome.COMPLETED

    def _hand_back(self, claim: Claim, failure: TransientFailure, retry_in: float) -> None:
        """Until the API takes it: meanwhile nothing else could be done, and silence would count as a death."""
        while True:
            try:
                return self.jobs.hand_back(claim, failure, retry_in)
            except ServiceUnavailable:
                if self.in_flight.ends_within(HAND_BACK_PAUSE):
                    raise

    def _make(self, job: Job, claim: Claim) -> None:
        source_key = self._source_key(job)
        source = self._download(source_key)
        _check_source(job, source)
        reach("worker.downloaded")
        result = self._convert(source)
        reach("worker.converted")
        self.jobs.renew(claim)  # nothing is uploaded for a job that is gone or another's
        key = output_key(source_key, self.output_prefix)
        reach("worker.renewed")
        stored = self._upload_all(key, result.pictures)
        reach("worker.uploaded")
        self.jobs.complete(claim, stored, result)
        reach("worker.completed")

    def _source_key(self, job: Job) -> str:
        key = job.source_key or job.source_url.removeprefix(f"{self.storage.public_url('')}")
        if not is_raw_key(key):
            raise PermanentFailure(
                "source_not_allowed",
                f"The source of image job {job.id} is not an object under raw/: {job.source_key or job.source_url!r}.",
            )
        return key

    def _download(self, key: str) -> bytes:
        try:
            return self.storage.get(key, self.max_bytes)
        except ObjectNotFound:
            raise PermanentFailure("source_missing", f"There is no object {key!r} in storage.") from None
        except ObjectTooLarge:
            message = f"{key!r} is larger than {self.max_bytes} bytes."
            raise PermanentFailure("too_large", message) from None
        except StorageUnavailable as error:
            raise ServiceUnavailable("storage_unavailable", str(error)) from error

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

    def _upload_all(self, key: str, pictures: Sequence[Picture]) -> list[Stored]:
        """The largest under the key, the smaller ones beside it."""
        stored: list[Stored] = []
        for picture in pictures:
            own = rendition_key(key, picture.side) if stored else key
            self._upload(own, picture.data)
            url = self.storage.public_url(own)
            stored.append(Stored(own, url, picture.width, picture.height, len(picture.data)))
        return stored

    def _upload(self, key: str, data: bytes) -> None:
        try:
            self.storage.put(key, io.BytesIO(data), len(data), OUTPUT_TYPE, IMMUTABLE)
        except StorageUnavailable as error:
            raise ServiceUnavailable("storage_unavailable", str(error)) from error

    def _fail(self, claim: Claim, failure: PermanentFailure) -> Outcome:
        self.jobs.fail(claim, failure)
        logger.warning("job %s: failed, %s: %s", claim.job_id, failure.code, failure)
        return Outcome.FAILED


def _check_company(job: Job, claim: Claim) -> None:
    """A job that another worker died under since it was read was let in beside others."""
    if is_suspect(claim.lost_leases) and not is_suspect(job.lost_leases):
        raise ServiceUnavailable("runs_alone", "One more worker died under the image: it is tried again alone.")


def _check_source(job: Job, source: bytes) -> None:
    """A storage may hand out less than it was given, with a length to match. Other backends tell no checksum."""
    if job.source_sha256 not in {None, hashlib.sha256(source).hexdigest()}:
        raise TransientFailure(
            "source_differs", f"{job.source_key!r} came with {len(source)} bytes that are not those that were uploaded."
        )
