"""An event with images: created through the API, and its jobs waited for."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from rich.progress import Progress

from imagejobs.cli.presentation.jobs import Job
from imagejobs.cli.submission.watch import ENDED, watch
from imagejobs.client.api_client import ApiClient, Part
from imagejobs.client.errors import ApiRefused

TEXTS = {
    "name": "Demo Event",
    "community": "image-jobs",
    "date": "2024-01-01",
    "tutor[type]": "Internal",
    "tutor[name]": "John Doe",
}
"""The fields of the request in the integration guide."""


def create_event(api: ApiClient, images: Sequence[Path]) -> dict[str, Any]:
    """The event that POST /api/events creates with every image. Raises OSError if a file cannot be read."""
    with ExitStack() as files:
        parts: list[Part] = [(name, (None, text)) for name, text in TEXTS.items()]
        parts += [("images", (path.name, files.enter_context(path.open("rb")))) for path in images]
        event: dict[str, Any] = api.call("createEvent", parts=parts, repeatable=False).data
    return event


def wait_for_jobs(api: ApiClient, job_ids: Sequence[str], timeout: float, progress: Progress) -> list[Job]:
    """The jobs in the order of the ids, once all have ended or `timeout` seconds are over.

    Raises ApiRefused if the API refuses to show a job.
    """
    task = progress.add_task("converting", total=len(job_ids))
    jobs: dict[str, Job] = {}
    for job_id, job in watch(api, job_ids, timeout):
        if isinstance(job, ApiRefused):
            raise job
        jobs[job_id] = job
        progress.update(task, completed=sum(each["status"] in ENDED for each in jobs.values()))
    return [jobs[job_id] for job_id in job_ids]
