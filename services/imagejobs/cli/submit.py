"""The command that uploads files as image jobs."""

import json
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from imagejobs.cli.reaching import DataDir, reach_api
from imagejobs.cli.tables import console_for, jobs_table, results_table
from imagejobs.cli.waiting import progress_bar, wait_for_jobs
from imagejobs.client.api_client import ApiClient
from imagejobs.client.errors import ApiRefused, UnexpectedAnswer
from imagejobs.errors import BackingServiceUnavailable

CANNOT_GO_ON = (BackingServiceUnavailable, UnexpectedAnswer)


def submit(
    files: Annotated[list[Path], typer.Argument(help="Image files.", exists=True, dir_okay=False, readable=True)],
    wait: Annotated[bool, typer.Option("--wait", help="Wait until every job ended, and show the result.")] = False,
    entity_type: Annotated[str, typer.Option(help="event, report or other.")] = "other",
    entity_id: Annotated[str, typer.Option(help="What the images belong to.")] = "command-line",
    timeout: Annotated[float, typer.Option(help="Seconds to wait at most.", min=0)] = 300,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Upload images. Exits 1 when one was not accepted, FAILED, or with --wait did not end in time.

    What was accepted is printed in any case.
    """
    api = reach_api(data_dir)
    errors = console_for(stderr=True)
    accepted: list[Path] = []
    jobs: list[dict[str, Any]] = []
    with progress_bar(errors) as progress:
        task = progress.add_task("uploading", total=len(files))
        for file, job in _uploaded(api, files, entity_type, entity_id, errors):
            accepted.append(file)
            jobs.append(job)
            progress.advance(task)
        if wait and jobs:
            try:
                jobs = [dict(job) for job in wait_for_jobs(api, [job["_id"] for job in jobs], progress, timeout)]
            except (ApiRefused, *CANNOT_GO_ON) as error:
                _tell(errors, f"{error} (what became of the jobs is not known)")
    if as_json:
        typer.echo(json.dumps(jobs))
    elif jobs:
        names = [file.name for file in accepted]
        console_for().print(results_table(zip(names, jobs, strict=True)) if wait else jobs_table(jobs))
    unfinished = any(job["status"] != "COMPLETED" for job in jobs) if wait else False
    if unfinished or len(accepted) < len(files):
        raise typer.Exit(1)


def _uploaded(
    api: ApiClient, files: Sequence[Path], entity_type: str, entity_id: str, errors: Console
) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Each file that was accepted, with its job; of the others it is told why, and the API's end is the end of all."""
    for number, file in enumerate(files, 1):
        try:
            yield file, upload(api, file, entity_type, entity_id)
        except ApiRefused as error:
            _tell(errors, f"{file}: {error} [{error.code}]")
        except OSError as error:
            _tell(errors, f"{file}: cannot be read: {error.strerror}")
        except CANNOT_GO_ON as error:
            rest = f"; the {len(files) - number} file(s) after it were not sent" if number < len(files) else ""
            _tell(errors, f"{file}: {error} (whether it was accepted is not known{rest})")
            return


def _tell(errors: Console, text: str) -> None:
    errors.print(text, style="red", markup=False, soft_wrap=True)


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
