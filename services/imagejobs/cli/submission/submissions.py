"""Uploads files, waits for their jobs, and saves the results."""

import stat
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.progress import Progress

from imagejobs.cli.presentation.answer import Failure
from imagejobs.cli.presentation.failures import START_IT, failure_of
from imagejobs.cli.presentation.jobs import Job, problem_of
from imagejobs.cli.presentation.progress import report
from imagejobs.cli.submission.results import NotSaved, Results
from imagejobs.cli.submission.watch import ENDED, watch
from imagejobs.client.api_client import ApiClient
from imagejobs.client.errors import ApiNotReached, ApiRefused, ApiUnavailable, UnexpectedAnswer
from imagejobs.errors import BackingServiceUnavailable

API_FAILED = (BackingServiceUnavailable, UnexpectedAnswer)


@dataclass
class Submission:
    """A file, its job, the files of its result, and its failure."""

    file: Path
    target: Path | None = None
    job: Job | None = None
    outputs: Sequence[Path] = ()
    failure: Failure | None = None

    def as_json(self) -> dict[str, Any]:
        """The fields that are known."""
        fields: dict[str, Any] = {"file": str(self.file)}
        if self.job is not None:
            fields["job"] = self.job
        if self.outputs:
            fields["outputs"] = [str(file) for file in self.outputs]
        return fields | ({"error": self.failure.as_error()} if self.failure else {})


def upload_all(api: ApiClient, submissions: Sequence[Submission], entity: tuple[str, str], progress: Progress) -> None:
    """Upload one file after the other. If the API fails, the remaining files are not sent."""
    task = progress.add_task("uploading", total=len(submissions))
    for number, submission in enumerate(submissions, 1):
        try:
            submission.job = upload(api, submission.file, *entity)
        except ApiRefused as error:
            _fail(submission, failure_of(error), progress)
        except OSError as error:
            _fail(submission, Failure("unreadable", f"cannot be read: {error.strerror}"), progress)
        except API_FAILED as error:
            rest = submissions[number:]
            _fail(submission, _not_uploaded(error, len(rest)), progress)
            for each in rest:
                each.failure = Failure("not_sent", "The file was not sent, because an earlier upload failed.")
            return
        progress.advance(task)


def upload(api: ApiClient, file: Path, entity_type: str, entity_id: str) -> Job:
    """POST one file. A repeated request returns the same job. Bytes of the name that are not text are replaced.

    Raises OSError if the file cannot be read.
    """
    name = file.name.encode(errors="replace").decode()
    if not stat.S_ISREG(file.stat().st_mode):
        raise OSError(0, "it is not a regular file", str(file))  # a pipe may block for ever, and cannot be read again
    with file.open("rb") as content:
        job: Job = api.call(
            "createImageJob",
            parts=[
                ("entityType", (None, entity_type)),
                ("entityId", (None, entity_id)),
                ("image", (name, content)),
            ],
            headers={"Idempotency-Key": str(uuid.uuid4())},
        ).data
    return job


def wait_for_all(
    api: ApiClient, submissions: Sequence[Submission], timeout: float, results: Results | None, progress: Progress
) -> None:
    """Wait for the jobs of the submissions, and save each result as soon as it exists."""
    by_id = {each.job["_id"]: each for each in submissions if each.job is not None}
    task = progress.add_task("converting", total=len(by_id))
    try:
        for job_id, found in watch(api, list(by_id), timeout):
            submission = by_id[job_id]
            _take(submission, found, results, progress)
            if submission.failure or (submission.job and submission.job["status"] in ENDED):
                progress.advance(task)
    except API_FAILED as error:
        report(progress, f"{error} (the jobs were accepted; their results are not known)")
        _fail_unfinished(by_id, failure_of(error))
    else:
        message = f"The job did not end within {timeout:g} s; `imagejobs status ID` shows it later."
        _fail_unfinished(by_id, Failure("timeout", message))


def _take(submission: Submission, found: Job | ApiRefused, results: Results | None, progress: Progress) -> None:
    if isinstance(found, ApiRefused):
        _fail(submission, failure_of(found), progress)
        return
    submission.job = found
    if found["status"] == "FAILED":
        submission.failure = Failure(found.get("errorCode") or "failed", problem_of(found))
    if found["status"] == "COMPLETED" and results and submission.target:
        try:
            submission.outputs = results.save(found, submission.target)
        except NotSaved as error:
            _fail(submission, Failure("not_saved", str(error)), progress)


def _fail_unfinished(by_id: dict[str, Submission], failure: Failure | None) -> None:
    for submission in by_id.values():
        if submission.failure is None and submission.job and submission.job["status"] not in ENDED:
            submission.failure = failure


def _fail(submission: Submission, failure: Failure | None, progress: Progress) -> None:
    submission.failure = failure
    if failure:
        report(progress, f"{submission.file}: {failure.labelled()}")


def _not_uploaded(error: Exception, rest: int) -> Failure:
    remedy = f"; {START_IT}" if isinstance(error, ApiNotReached) else ""
    known = isinstance(error, ApiUnavailable) and error.is_refused
    fate = "it was not accepted" if known else "whether it was accepted is not known"
    after = f"; the {rest} file(s) after it were not sent" if rest else ""
    code = "unavailable" if isinstance(error, BackingServiceUnavailable) else "unexpected_answer"
    return Failure(code, f"{error}{remedy} ({fate}{after})")
