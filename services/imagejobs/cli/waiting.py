"""Watches jobs until they end, with a progress bar."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from imagejobs.client.api_client import ApiClient

POLL_SECONDS = 0.1
ENDED = frozenset({"COMPLETED", "FAILED"})


@contextmanager
def progress_bar(console: Console) -> Iterator[Progress]:
    """A bar with counts and elapsed time, on the console's stream."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        yield progress


def wait_for_jobs(
    api: ApiClient, job_ids: Sequence[str], progress: Progress, timeout: float
) -> list[Mapping[str, Any]]:
    """Poll until every job is COMPLETED or FAILED, at most `timeout` seconds; the jobs as they are then."""
    task = progress.add_task("converting", total=len(job_ids))
    deadline = time.monotonic() + timeout
    jobs: dict[str, Mapping[str, Any]] = {}
    while True:
        for job_id in job_ids:
            if jobs.get(job_id, {}).get("status") not in ENDED:
                jobs[job_id] = api.call("getImageJob", path={"id": job_id}).data
        ended = sum(job["status"] in ENDED for job in jobs.values())
        progress.update(task, completed=ended)
        if ended == len(job_ids) or time.monotonic() > deadline:
            return [jobs[job_id] for job_id in job_ids]
        time.sleep(POLL_SECONDS)
