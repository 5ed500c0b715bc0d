"""The commands that look at jobs and change them, through the API."""

import json
from typing import Annotated, Any

import typer

from imagejobs.cli.reaching import DataDir, reach_api
from imagejobs.cli.tables import console_for, job_table, jobs_table, stats_table

JobId = Annotated[str, typer.Argument(help="The job's _id: 24 hex digits.", metavar="ID")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def status(job_id: JobId, as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Show one job."""
    _show_job(reach_api(data_dir).call("getImageJob", path={"id": job_id}).data, as_json)


def list_jobs(
    status: Annotated[str | None, typer.Option(help="PENDING, PROCESSING, COMPLETED or FAILED.")] = None,
    entity_type: Annotated[str | None, typer.Option(help="event, report or other.")] = None,
    entity_id: Annotated[str | None, typer.Option(help="What the images belong to.")] = None,
    limit: Annotated[int, typer.Option(help="The most jobs to show.", min=1, max=100)] = 20,
    cursor: Annotated[str | None, typer.Option(help="Go on where a list before ended.")] = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """List jobs, newest first."""
    query = {
        "status": status.upper() if status else None,
        "entityType": entity_type,
        "entityId": entity_id,
        "limit": limit,
        "cursor": cursor,
    }
    answer = reach_api(data_dir).call("listImageJobs", query=query)
    if as_json:
        typer.echo(json.dumps({"data": answer.data, "cursor": answer.cursor}))
        return
    console = console_for()
    console.print(jobs_table(answer.data))
    if answer.cursor:
        console.print(f"There are more: --cursor {answer.cursor}")


def retry(job_id: JobId, as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Run a FAILED job again."""
    _show_job(reach_api(data_dir).call("retryImageJob", path={"id": job_id}, repeatable=False).data, as_json)


def delete(job_id: JobId, as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Delete a job and both of its images."""
    data = reach_api(data_dir).call("deleteImageJob", path={"id": job_id}, repeatable=False).data
    typer.echo(json.dumps(data) if as_json else f"deleted image job {job_id} and its images")


def stats(as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Show the queue's length, the jobs by status, and how long they took."""
    data = reach_api(data_dir).call("getImageJobStats").data
    if as_json:
        typer.echo(json.dumps(data))
    else:
        console_for().print(stats_table(data))


def _show_job(job: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(job))
    else:
        console_for().print(job_table(job))
