"""The worker's view of the API: read a job, claim it, and report. Works with ours and with the backend of the guide.

A backend that answers a claim without `attempt` knows no leases: then nothing is renewed and nothing is fenced.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from imagejobs.client.api_client import ApiClient
from imagejobs.client.errors import ApiRefused, ApiUnavailable, UnexpectedAnswer
from imagejobs.connections.outages import OUTAGES
from imagejobs.conversion.sandbox.result import Result
from imagejobs.worker.failures import NotOurs, PermanentFailure, ServiceUnavailable, TransientFailure

OUTPUT_NOT_ACCEPTED = "output_not_accepted"
"""The API's code for a result that is not where it looks: the job is still this worker's, the settings differ."""

MAX_ERROR_MSG = 2_000
"""Characters that the API keeps; with many more the report itself is refused."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker needs to know of an image job."""

    id: str
    status: str
    source_key: str
    source_url: str
    source_sha256: str | None = None
    lost_leases: int = 0

    @property
    def is_terminal(self) -> bool:
        """Whether the job ended already."""
        return self.status in {"COMPLETED", "FAILED"}


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to finish a job; `attempt` is its fencing token, None at a backend that has none.

    `lost_leases` is the count as of the claim: the claim of an expired lease counts that one first.
    """

    job_id: str
    attempt: int | None
    lost_leases: int = 0


@dataclass(frozen=True, slots=True)
class Stored:
    """A rendition where it lies in storage; sizes in pixels and bytes."""

    key: str
    url: str
    width: int
    height: int
    bytes: int


class JobsApi:
    """Raises NotOurs when the job is gone or another's, TransientFailure when the API is unavailable."""

    def __init__(self, client: ApiClient, lease_seconds: float) -> None:
        self._client = client
        self.lease_seconds = lease_seconds

    def get(self, job_id: str) -> Job:
        """The job as it is now. Raises TransientFailure for an answer that is no job."""
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
        """PATCH PROCESSING: from now on the job is this worker's, for the lease."""
        data = self._report(job_id, {"status": "PROCESSING", "leaseSeconds": self.lease_seconds})
        told = data if isinstance(data, dict) else {}
        return Claim(job_id, _positive(told.get("attempt")), _positive(told.get("lostLeases")) or 0)

    def renew(self, claim: Claim) -> None:
        """Extend the lease; raises NotOurs when another attempt has begun or the job is gone."""
        if claim.attempt is not None:
            self._report(claim.job_id, _fenced(claim, {"status": "PROCESSING", "leaseSeconds": self.lease_seconds}))

    def complete(self, claim: Claim, renditions: Sequence[Stored], result: Result) -> None:
        """PATCH COMPLETED; the first rendition is the output."""
        output = renditions[0]
        said = {
            "status": "COMPLETED",
            "outputImageURL": output.url,
            "outputImageKey": output.key,
            "renditions": [asdict(each) for each in renditions],
            "thumbHash": result.thumb_hash,
            "dominantColor": result.dominant_color,
            "receipt": dict(result.receipt),
        }
        self._report(claim.job_id, _fenced(claim, said))

    def fail(self, claim: Claim, failure: PermanentFailure) -> None:
        """PATCH FAILED."""
        said = {
            "status": "FAILED",
            "errorMsg": _told(failure),
            "errorCode": failure.code,
            "retryable": failure.retryable,
        }
        self._report(claim.job_id, _fenced(claim, said))

    def hand_back(self, claim: Claim, failure: TransientFailure, retry_in: float | None = None) -> None:
        """PATCH PENDING, so that the next try need not wait for the lease to expire.

        With `retry_in` this worker's message comes back after so many seconds; without, a new message is needed.
        """
        if claim.attempt is not None:
            said: dict[str, Any] = {"status": "PENDING", "errorMsg": _told(failure), "errorCode": failure.code}
            if retry_in is not None:
                said["retryInSeconds"] = retry_in
            self._report(claim.job_id, _fenced(claim, said))

    def _report(self, job_id: str, said: Mapping[str, Any]) -> Any:
        with _translated():
            return self._client.call("updateImageJobStatus", path={"id": job_id}, json=said, strict=False).data


def _positive(number: object) -> int | None:
    """To JSON 1.0 is the integer 1; to Python true is one, too."""
    if isinstance(number, bool) or not isinstance(number, int | float) or number < 1 or number % 1:
        return None
    return int(number)


def _told(failure: Exception) -> str:
    return str(failure)[:MAX_ERROR_MSG]


def _fenced(claim: Claim, said: dict[str, Any]) -> dict[str, Any]:
    return said if claim.attempt is None else {**said, "attempt": claim.attempt}


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
