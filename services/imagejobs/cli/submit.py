"""The command that uploads files as image jobs."""

import json
import uuid
from pathlib import Path
from typing import Annotated, Any

import typer

from imagejobs.cli.reaching import reach_api
from imagejobs.cli.tables import console_for, jobs_table, results_table
from imagejobs.cli.waiting import progress_bar, wait_for_jobs
from imagejobs.client.api_client import ApiClient
from imagejobs.client.errors import ApiRefused


def submit(
    files: Annotated[list[Path], typer.Argument(help="Image files.", exists=True, dir_okay=False, readable=True)],
    wait: Annotated[bool, typer.Option("--wait", help="Wait until every job ended, and show the result.")] = False,
    entity_type: Annotated[str, typer.Option(help="event, report or other.")] = "other",
    entity_id: Annotated[str, typer.Option(help="What the images belong to.")] = "command-line",
    timeout: Annotated[float, typer.Option(help="Seconds to wait at most.", min=0)] = 300,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Upload images. Exits 1 when one was refused, FAILED, or with --wait did not end in time."""
    api = reach_api()
    errors = console_for(stderr=True)
    with progress_bar(errors) as progress:
        task = progress.add_task("uploading", total=len(files))
        accepted: list[tuple[Path, dict[str, Any]]] = []
        for file in files:
            try:
                accepted.append((file, upload(api, file, entity_type, entity_id)))
            except ApiRefused as error:
                errors.print(f"{file}: {error} [{error.code}]", style="red", markup=False)
            progress.advance(task)
        jobs = [job for _, job in accepted]
        if wait and jobs:
            jobs = [dict(job) for job in wait_for_jobs(api, [job["_id"] for job in jobs], progress, timeout)]
    if as_json:
        typer.echo(json.dumps(jobs))
    elif jobs:
        names = [file.name for file, _ in accepted]
        console_for().print(results_table(zip(names, jobs, strict=True)) if wait else jobs_table(jobs))
    unfinished = any(job["status"] != "COMPLETED" for job in jobs) if wait else False
    if unfinished or len(accepted) < len(files):
        raise typer.Exit(1)


def upload(api: ApiClient, file: Path, entity_type: str, entity_id: str) -> dict[str, Any]:
    """POST one file; a repeated request answers the same job."""
    with file.open("rb") as content:
        data: dict[str, Any] = api.call(
            "createImageJob",
            parts=[
                ("entityType", (None, entity_type)),
                ("entityId", (None, entity_id)),
                ("image", (file.name, content)),
            ],
            headers={"Idempotency-Key": str(uuid.uuid4())},
        ).data
    return data
