"""The endpoint to which workers report: claims, renewals, results, failures and jobs that they hand back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from imagejobs.api.binding.call import Call, Reply
from imagejobs.api.binding.endpoint import Endpoint, Uses
from imagejobs.api.endpoints.addresses import Addresses
from imagejobs.api.endpoints.json_forms import job_to_json
from imagejobs.jobs.attempts import JobAttempts
from imagejobs.jobs.model import Failure, ImageJob, JobStatus, Output


@dataclass(frozen=True, slots=True)
class StatusReports:
    """PATCH of a job's status.

    Results are looked for in the storage if the worker sent its attempt; with `checks_legacy_output` always.
    """

    attempts: JobAttempts
    addresses: Addresses
    checks_legacy_output: bool

    def by_operation(self) -> Mapping[str, Endpoint]:
        """operationId to endpoint."""
        return {"updateImageJobStatus": Endpoint(self.update, self._used)}

    def update(self, call: Call) -> Reply:
        job_id, report = call.params["id"], call.json
        attempt = int(report["attempt"]) if "attempt" in report else None
        match _status(report):
            case JobStatus.PROCESSING:
                job = self._claim_or_renew(job_id, attempt, report.get("leaseSeconds"))
            case JobStatus.COMPLETED:
                job = self.attempts.complete(job_id, attempt, _output(report))
            case JobStatus.FAILED:
                job = self.attempts.fail(job_id, attempt, _failure(report))
            case _:
                pause = report.get("retryInSeconds")
                job = self.attempts.hand_back(job_id, int(report["attempt"]), _failure(report), pause)
        return Reply(job_to_json(job, self.addresses))

    def _claim_or_renew(self, job_id: str, attempt: int | None, lease_seconds: float | None) -> ImageJob:
        if attempt is None:
            return self.attempts.claim(job_id, lease_seconds)
        return self.attempts.renew(job_id, attempt, lease_seconds)

    def _used(self, call: Call) -> Uses:
        is_checked = self.checks_legacy_output or "attempt" in call.json
        return Uses.STORAGE if is_checked and _status(call.json) == JobStatus.COMPLETED else Uses.RECORDS


def _status(report: Mapping[str, Any]) -> JobStatus:
    return JobStatus(report["status"].upper())


def _failure(report: Mapping[str, Any]) -> Failure:
    return Failure(report.get("errorMsg", ""), report.get("errorCode"), report.get("retryable"))


def _output(report: Mapping[str, Any]) -> Output:
    return Output(
        report["outputImageKey"],
        report.get("outputImageURL"),
        _whole_numbers(report.get("renditions")),
        report.get("thumbHash"),
        report.get("dominantColor"),
        _whole_numbers(report.get("receipt")),
    )


def _whole_numbers(value: Any) -> Any:
    """The value with 3 for 3.0: JSON Schema takes both for an integer, and the record keeps integers."""
    if isinstance(value, dict):
        return {name: _whole_numbers(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_whole_numbers(each) for each in value]
    return int(value) if isinstance(value, float) else value
