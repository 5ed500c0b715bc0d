"""The worker's client of the API: read a job, claim it, and report on it. Works with our API and with other backends.

A backend that answers a claim without `attempt` knows no leases. Then nothing is renewed or handed back, and reports
carry no fencing token.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict

from imagejobs.client.api_client import ApiClient
from imagejobs.client.errors import ApiRefused, ApiUnavailable, UnexpectedAnswer
from imagejobs.connections.outages import OUTAGES
from imagejobs.conversion.sandbox.result import Result
from imagejobs.worker.failures import NotOurs, PermanentFailure, ServiceUnavailable, TransientFailure
from imagejobs.worker.job import Claim, Job, Stored

OUTPUT_NOT_ACCEPTED = "output_not_accepted"
"""The API's code for a result that it does not find. The job is still this worker's, but the settings of the two
differ."""
MAX_ERROR_MSG = 2_000
"""Characters of an `errorMsg` that the API keeps; it refuses a report with many more."""


class JobsApi:
    """Raises NotOurs if the job was deleted or is another worker's, TransientFailure if the API cannot be used now."""

    def __init__(self, client: ApiClient, lease_seconds: float) -> None:
        self._client = client
        self.lease_seconds = lease_seconds

    def get(self, job_id: str) -> Job:
        """The job as it is now."""
        with _translated():
            data = self._client.call("getImageJob", path={"id": job_id}, strict=False).data
        if not isinstance(data, dict) or not isinstance(data.get("status"), str):
            raise ServiceUnavailable("api_unexpected_answer", f"The API's answer for image job {job_id} is not a job.")
        return Job(
            job_id,
            data["status"].upper(),
            str(data.get("sourceImageKey") or ""),
            str(data.get("sourceImageURL") or ""),
            str(data.get("sourceSha256") or "") or None,
            _positive(data.get("lostLeases")) or 0,
        )

    def claim(self, job_id: str) -> Claim:
        """PATCH PROCESSING: the job is this worker's until the lease expires."""
        data = self._report(Claim(job_id, None), status="PROCESSING", leaseSeconds=self.lease_seconds)
        answer = data if isinstance(data, dict) else {}
        return Claim(job_id, _positive(answer.get("attempt")), _positive(answer.get("lostLeases")) or 0)

    def renew(self, claim: Claim) -> None:
        """PATCH PROCESSING with the token: extend the lease."""
        if claim.attempt is not None:
            self._report(claim, status="PROCESSING", leaseSeconds=self.lease_seconds)

    def complete(self, claim: Claim, renditions: Sequence[Stored], result: Result) -> None:
        """PATCH COMPLETED; the first rendition is the output."""
        self._report(
            claim,
            status="COMPLETED",
            outputImageURL=renditions[0].url,
            outputImageKey=renditions[0].key,
            renditions=[asdict(each) for each in renditions],
            thumbHash=result.thumb_hash,
            dominantColor=result.dominant_color,
            receipt=dict(result.receipt),
        )

    def fail(self, claim: Claim, failure: PermanentFailure) -> None:
        """PATCH FAILED."""
        self._report(
            claim,
            status="FAILED",
            errorMsg=_shortened(failure),
            errorCode=failure.code,
            retryable=failure.retryable,
        )

    def hand_back(self, claim: Claim, failure: TransientFailure, retry_in: float | None = None) -> None:
        """PATCH PENDING, so that the next try need not wait until the lease expires.

        `retry_in` says in how many seconds the current message is delivered again; None means that the job needs a new
        message.
        """
        if claim.attempt is None:
            return
        delay = {} if retry_in is None else {"retryInSeconds": retry_in}
        self._report(claim, status="PENDING", errorMsg=_shortened(failure), errorCode=failure.code, **delay)

    def _report(self, claim: Claim, **fields: object) -> object:
        token = {} if claim.attempt is None else {"attempt": claim.attempt}
        with _translated():
            return self._client.call(
                "updateImageJobStatus", path={"id": claim.job_id}, json=fields | token, strict=False
            ).data


def _positive(number: object) -> int | None:
    """A positive integer of JSON, which may be spelt 1.0; None for anything else, also for true, an int to Python."""
    if isinstance(number, bool) or not isinstance(number, int | float) or number < 1 or number % 1:
        return None
    return int(number)


def _shortened(failure: Exception) -> str:
    return str(failure)[:MAX_ERROR_MSG]


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except ApiRefused as error:
        OUTAGES.answered("API")
        if error.status == 404 or (error.status == 409 and error.code != OUTPUT_NOT_ACCEPTED):
            raise NotOurs(str(error)) from error
        code = error.code if error.code == OUTPUT_NOT_ACCEPTED else "api_refused"
        raise TransientFailure(code, f"The API refused the worker ({error.status}): {error}") from error
    except (ApiUnavailable, UnexpectedAnswer) as error:
        OUTAGES.failed("API", getattr(error, "reason", error))
        raise ServiceUnavailable("api_unavailable", str(error)) from error
    OUTAGES.answered("API")
