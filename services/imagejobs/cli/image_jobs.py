"""The commands that show jobs, through the API."""

from typing import Annotated

import typer

from imagejobs.cli.arguments import text
from imagejobs.cli.discovery import DataDir, api_client
from imagejobs.cli.presentation.answer import Answer
from imagejobs.cli.presentation.jobs import job_view, jobs_view
from imagejobs.cli.presentation.reports import stats_view


def status(
    job_id: Annotated[str, typer.Argument(help="The job's _id: 24 hex digits.", metavar="ID", callback=text)],
    data_dir: DataDir = None,
) -> Answer:
    """Show one job."""
    job = api_client(data_dir).call("getImageJob", path={"id": job_id}).data
    return Answer(job, job_view(job))


def list_jobs(
    status: Annotated[str | None, typer.Option(help="PENDING, PROCESSING, COMPLETED or FAILED.", callback=text)] = None,
    entity_type: Annotated[str | None, typer.Option(help="event, report or other.", callback=text)] = None,
    entity_id: Annotated[str | None, typer.Option(help="The id of the entity.", callback=text)] = None,
    limit: Annotated[int, typer.Option(help="The most jobs to show.", min=1, max=100)] = 20,
    cursor: Annotated[str | None, typer.Option(help="Continue an earlier list at its cursor.", callback=text)] = None,
    data_dir: DataDir = None,
) -> Answer:
    """List jobs, newest first."""
    query = {
        "status": status.upper() if status else None,
        "entityType": entity_type,
        "entityId": entity_id,
        "limit": limit,
        "cursor": cursor,
    }
    page = api_client(data_dir).call("listImageJobs", query=query)
    after = f"There are more jobs: add --cursor {page.cursor}" if page.cursor else ""
    return Answer(page.data, jobs_view(page.data, after), beside={"cursor": page.cursor} if page.cursor else {})


def stats(data_dir: DataDir = None) -> Answer:
    """Show the queue's length, the jobs by status, and how long they took."""
    figures = api_client(data_dir).call("getImageJobStats").data
    return Answer(figures, stats_view(figures))
