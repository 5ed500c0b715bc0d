"""The commands that change jobs, through the API."""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType

from imagejobs.cli.batch import Change, change_all, job_ids
from imagejobs.cli.discovery import DataDir, api_client
from imagejobs.cli.presentation.answer import INTERRUPTED, Answer, CommandFailed, Failure
from imagejobs.cli.presentation.jobs import jobs_view
from imagejobs.client.api_client import ApiClient

PAGE = 100
Ids = Annotated[
    list[str] | None,
    typer.Argument(help="The jobs' _ids, 24 hex digits each; - reads them from standard input.", metavar="ID"),
]


def retry(
    ids: Ids = None,
    all_failed: Annotated[bool, typer.Option("--all-failed", help="Every FAILED job.")] = False,
    error_code: Annotated[
        list[str] | None, typer.Option(help="With --all-failed: only jobs with this errorCode. May be repeated.")
    ] = None,
    limit: Annotated[int, typer.Option(help="With --all-failed: the most jobs to retry, newest first.", min=1)] = 1000,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="With --all-failed: do not ask.")] = False,
    data_dir: DataDir = None,
) -> Answer:
    """Convert FAILED jobs again. Continues after a job that the API refuses, and then exits 1.

    --all-failed takes the jobs that are FAILED now, each once. On a terminal it asks first.
    """
    if bool(ids) == all_failed:
        raise typer.BadParameter("name jobs, or take all with --all-failed", param_hint="ID")
    if error_code and not all_failed:
        raise typer.BadParameter("this option works only together with --all-failed", param_hint="--error-code")
    wanted = job_ids(ids or [])
    api = api_client(data_dir)
    more = ""
    if all_failed:
        found = list(islice(_failed(api, error_code or []), limit + 1))
        wanted = found[:limit]
        more = f"There are more FAILED jobs than {limit}: run this again, or raise --limit." if found[limit:] else ""
        _confirm(f"Retry {len(wanted)} FAILED job(s)?", asks=bool(wanted) and not yes)
    changes = change_all("retrying", wanted, lambda job_id: _call(api, "retryImageJob", job_id))
    return _answer(changes, _retried, more)


def delete(ids: Ids = None, data_dir: DataDir = None) -> Answer:
    """Delete jobs and all of their images. Continues after a job that the API refuses, and then exits 1."""
    if not ids:
        raise typer.BadParameter("name at least one job, or - to read them from standard input", param_hint="ID")
    wanted = job_ids(ids)
    api = api_client(data_dir)
    changes = change_all("deleting", wanted, lambda job_id: _call(api, "deleteImageJob", job_id))
    return _answer(changes, _deleted)


def _call(api: ApiClient, operation: str, job_id: str) -> Any:
    return api.call(operation, path={"id": job_id}, repeatable=False).data


def _failed(api: ApiClient, codes: Sequence[str]) -> Iterator[str]:
    """The ids of the FAILED jobs, newest first; if codes are given, only of jobs with one of them."""
    cursor = None
    while True:
        page = api.call("listImageJobs", query={"status": "FAILED", "limit": PAGE, "cursor": cursor})
        yield from (job["_id"] for job in page.data if not codes or job.get("errorCode") in codes)
        cursor = page.cursor
        if cursor is None:
            return


def _is_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _confirm(question: str, *, asks: bool) -> None:
    if asks and _is_terminal() and not typer.confirm(question, err=True):
        raise CommandFailed(Failure("cancelled", "Nothing was changed."))


def _retried(changes: Sequence[Change]) -> RenderableType:
    if len(changes) == 1:
        return jobs_view([changes[0].job])
    return f"{len(changes)} job(s) were put back, to be converted again" if changes else "no FAILED jobs"


def _deleted(changes: Sequence[Change]) -> str:
    if len(changes) == 1:
        return f"deleted image job {changes[0].job_id} and its images"
    return f"deleted {len(changes)} image job(s) and their images"


def _answer(changes: Sequence[Change], view: Callable[[Sequence[Change]], RenderableType], more: str = "") -> Answer:
    """The answer of the command. `view` shows the changes that were made, and `more` is printed after them."""
    data = [each.as_json() for each in changes]
    changed = [each for each in changes if each.failure is None]
    shown = Group(*([view(changed)] if changed or not changes else []), *([more] if more else []))
    failed = len(changes) - len(changed)
    if any(each.failure is INTERRUPTED for each in changes):
        message = f"The command was interrupted after {len(changed)} of {len(changes)} job(s)."
        return Answer(data, shown, replace(INTERRUPTED, message=message))
    if not failed:
        return Answer(data, shown)
    if len(changes) == 1:
        return Answer(data, failure=changes[0].failure)
    return Answer(data, shown, Failure("incomplete", f"{failed} of {len(changes)} job(s) were not changed"))
